// The processes of this machine: which one this is, and which others there are.

export interface Processes {
	/** This one's. */
	readonly id: number;
	isRunning(id: number): boolean;
}

export const realProcesses: Processes = {
	id: process.pid,
	isRunning(id) {
		try {
			// Sends nothing: it only looks whether it could.
			process.kill(id, 0);
			return true;
		} catch (error) {
			// Any other error is of one that is there, and somebody else's.
			return (error as NodeJS.ErrnoException).code !== "ESRCH";
		}
	},
};
