// Which wakes of a job are under way on an engine that does not tell: sent, and neither handled nor given up.
//
// sent -> refused                  it is on no queue
//      -> running -> handled       its function has resolved: the queue drops it
//                 -> sent          its function has failed, or its worker died: the queue brings it again
//      -> given up                 it is among the dead letters

export interface WakeLedger {
	/** Wakes that are on the queue, or being handled. */
	readonly underWay: number;
	/** Functions of the job that are running, be it for a wake or for anything else. */
	readonly running: number;
	/** When anything happened last, in monotonic milliseconds. */
	readonly changedAtMs: number;
	/** Before it is sent. */
	sent(wakeId: string): void;
	refused(wakeId: string): void;
	/** A function begins, for this wake or for none; what it answers is to be told once how that ended. */
	begin(wakeId: string | undefined): (end: "handled" | "failed") => void;
	givenUp(wakeIds: Iterable<string>): void;
}

export function createWakeLedger(nowMs: () => number): WakeLedger {
	const underWay = new Set<string>();
	let running = 0;
	let changedAtMs = nowMs();
	const change = () => {
		changedAtMs = nowMs();
	};
	return {
		get underWay() {
			return underWay.size;
		},
		get running() {
			return running;
		},
		get changedAtMs() {
			return changedAtMs;
		},
		sent(wakeId) {
			underWay.add(wakeId);
			change();
		},
		refused(wakeId) {
			underWay.delete(wakeId);
			change();
		},
		begin(wakeId) {
			running++;
			change();
			return (end) => {
				running--;
				if (end === "handled" && wakeId !== undefined) underWay.delete(wakeId);
				change();
			};
		},
		givenUp(wakeIds) {
			for (const wakeId of wakeIds) if (underWay.delete(wakeId)) change();
		},
	};
}
