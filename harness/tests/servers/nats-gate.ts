// A way to a NATS server whose keeper counts who comes, refuses logins, and ends connections.
import { createConnection, createServer, type Socket } from "node:net";

export interface NatsGate {
	readonly port: number;
	/** Connections that it has taken so far, refused ones as well. */
	taken(): number;
	/** Refuses the login of so many connections that are yet to come, as a server does. */
	refuse(connections: number): void;
	/** How many it is still to refuse. */
	toRefuse(): number;
	/** Ends every connection. */
	drop(): void;
	close(): Promise<void>;
}

const INFO = `INFO ${JSON.stringify({ server_id: "gate", version: "2.10.0", headers: true })}\r\n`;

export async function startNatsGate(to: { readonly port: number }): Promise<NatsGate> {
	const sockets = new Set<Socket>();
	let taken = 0;
	let toRefuse = 0;
	const server = createServer((near) => {
		taken++;
		sockets.add(near);
		near.on("error", () => undefined).on("close", () => sockets.delete(near));
		if (toRefuse > 0) {
			toRefuse--;
			near.write(INFO);
			near.once("data", () => near.end("-ERR 'Authorization Violation'\r\n"));
			return;
		}
		const far = createConnection(to.port, "127.0.0.1");
		far.on("error", () => near.destroy()).on("close", () => near.destroy());
		near.on("close", () => far.destroy());
		near.pipe(far).pipe(near);
	});
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(0, "127.0.0.1", resolve);
	});
	const address = server.address();
	if (typeof address !== "object" || address === null) throw new Error("It has no port.");
	const drop = () => {
		for (const socket of sockets) socket.destroy();
	};
	return {
		port: address.port,
		taken: () => taken,
		refuse(connections) {
			toRefuse = connections;
		},
		toRefuse: () => toRefuse,
		drop,
		close: async () => {
			drop();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
