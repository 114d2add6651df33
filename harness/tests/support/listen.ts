// A server of a test's own on a free loopback port. Its connections end with it, and none of their errors ends the test.
import { once } from "node:events";
import type { Server, Socket } from "node:net";

export interface Listening {
	readonly host: string;
	readonly port: number;
	/** Connections that it has taken so far. */
	taken(): number;
	/** Those of them that have not ended. */
	open(): number;
	/** Ends every connection. */
	drop(): void;
	close(): Promise<void>;
}

/** @param at by default a free one */
export async function listen(server: Server, at = 0): Promise<Listening> {
	const host = "127.0.0.1";
	const sockets = new Set<Socket>();
	let taken = 0;
	server.on("connection", (socket) => {
		taken++;
		sockets.add(socket);
		socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
	});
	await once(server.listen(at, host), "listening");
	const address = server.address();
	if (typeof address !== "object" || address === null) throw new Error("It has no port.");
	const drop = () => {
		for (const socket of sockets) socket.destroy();
	};
	return {
		host,
		port: address.port,
		taken: () => taken,
		open: () => sockets.size,
		drop,
		async close() {
			const closed = once(server.close(), "close");
			drop();
			await closed;
		},
	};
}
