// A way to a NATS server whose keeper counts who comes, refuses logins, and ends connections.
import { createConnection, createServer } from "node:net";
import { type Listening, listen } from "../support/listen.ts";

export interface NatsGate extends Listening {
	/** Refuses the login of so many connections that are yet to come, as a server does. */
	refuse(connections: number): void;
	/** How many it is still to refuse. */
	toRefuse(): number;
}

const INFO = `INFO ${JSON.stringify({ server_id: "gate", version: "2.10.0", headers: true })}\r\n`;

export async function startNatsGate(to: { readonly port: number }): Promise<NatsGate> {
	let toRefuse = 0;
	const server = createServer((near) => {
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
	return {
		...(await listen(server)),
		refuse(connections) {
			toRefuse = connections;
		},
		toRefuse: () => toRefuse,
	};
}
