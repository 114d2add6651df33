// A way between a worker and its engine that can be cut: every socket on it, at once.
import { createConnection, createServer, type Socket } from "node:net";

export interface Relay {
	readonly port: number;
	/** Drops the sockets that are open; new ones are let through. Answers how many there were. */
	drop(): number;
	close(): Promise<void>;
}

/** Forwards every connection on a free loopback port to `port`. */
export async function startRelay(port: number): Promise<Relay> {
	const open = new Set<Socket>();
	const server = createServer((near) => {
		const far = createConnection({ host: "127.0.0.1", port });
		open.add(near);
		const end = () => {
			open.delete(near);
			near.destroy();
			far.destroy();
		};
		for (const socket of [near, far]) socket.once("error", end).once("close", end);
		near.pipe(far).pipe(near);
	});
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject).listen(0, "127.0.0.1", resolve);
	});
	const address = server.address();
	if (typeof address !== "object" || address === null) throw new Error("The relay has no port.");
	return {
		port: address.port,
		drop() {
			const dropped = open.size;
			for (const socket of open) socket.destroy();
			return dropped;
		},
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				for (const socket of open) socket.destroy();
			}),
	};
}
