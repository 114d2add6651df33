// A server that takes connections and never says a word.
import { createServer, type Socket } from "node:net";

export interface SilentServer {
	readonly port: number;
	close(): Promise<void>;
}

export async function startSilentServer(): Promise<SilentServer> {
	const sockets: Socket[] = [];
	const server = createServer((socket) => sockets.push(socket.on("error", () => undefined)));
	await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	if (typeof address !== "object" || address === null) throw new Error("It has no port.");
	return {
		port: address.port,
		close: async () => {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
