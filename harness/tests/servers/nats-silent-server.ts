// A server that takes connections and never says a word, and knows who is still connected.
import { createServer, type Socket } from "node:net";

export interface NatsSilentServer {
	readonly port: number;
	/** Connections that it has taken so far. */
	taken(): number;
	/** Connections that the client has not ended. */
	open(): number;
	close(): Promise<void>;
}

/** @param port by default a free one */
export async function startNatsSilentServer(port = 0): Promise<NatsSilentServer> {
	const sockets = new Set<Socket>();
	let taken = 0;
	const server = createServer((socket) => {
		taken++;
		sockets.add(socket);
		// Nobody reads, but for the end.
		socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
		socket.resume();
	});
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, "127.0.0.1", resolve);
	});
	const address = server.address();
	if (typeof address !== "object" || address === null) throw new Error("It has no port.");
	return {
		port: address.port,
		taken: () => taken,
		open: () => sockets.size,
		close: async () => {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
