// A way between clients and a server that can be watched and spoiled: made long, answers held back, sockets dropped.
import { createConnection, createServer, type Socket } from "node:net";
import { realWait } from "../system/real-time.ts";

export interface RelayCounts {
	/** Bytes that clients sent. */
	readonly sentBytes: number;
	/** Bytes that the server sent. */
	readonly receivedBytes: number;
	/**
	 * How often a client spoke after the server had, or first. Round trips, where both speak by turns and one call comes
	 * after the other; more than these where they do not, as in HTTP/2: there the time tells, over a way made long.
	 */
	readonly roundTrips: number;
}

export interface Relay {
	readonly host: string;
	readonly port: number;
	/** From now on answers of the server stay on the way, until `drop` or `restore`. Requests still arrive. */
	holdAnswers(): void;
	/** From now on everything is under way for so long, in each direction. */
	slowDown(oneWayMs: number): void;
	/** Bytes of answers that are held back just now. */
	heldBytes(): number;
	/** Ends every connection, with what is on its way back; new ones are refused until `restore`. Answers how many. */
	drop(): number;
	/** Lets answers and new connections pass again. */
	restore(): void;
	/** Since the relay was started. */
	counts(): RelayCounts;
	/** Ends every connection and listens no more. */
	close(): Promise<void>;
}

/** A relay on a free loopback port of this machine, to a server that listens on `host` (by default loopback). */
export async function startRelay(to: { readonly port: number; readonly host?: string }): Promise<Relay> {
	const { port, host = LOOPBACK } = to;
	const links = new Set<Link>();
	const totals = { sentBytes: 0, receivedBytes: 0, roundTrips: 0 };
	let oneWayMs = 0;
	let refuses = false;
	let holds = false;
	const server = createServer((near) => {
		if (refuses) {
			near.destroy();
			return;
		}
		const far = createConnection({ host, port });
		const link: Link = { near, far, held: [] };
		links.add(link);
		let serverSpoke = true;
		near.on("data", (bytes) => {
			totals.sentBytes += bytes.length;
			if (serverSpoke) totals.roundTrips++;
			serverSpoke = false;
			afterMs(oneWayMs, () => far.write(bytes));
		});
		far.on("data", (bytes) => {
			totals.receivedBytes += bytes.length;
			serverSpoke = true;
			afterMs(oneWayMs, () => {
				if (holds) link.held.push(bytes);
				else near.write(bytes);
			});
		});
		const end = () => {
			links.delete(link);
			near.destroy();
			far.destroy();
		};
		for (const socket of [near, far]) socket.setNoDelay(true).on("error", end).on("close", end);
	});
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject).listen(0, LOOPBACK, resolve);
	});
	const address = server.address();
	if (typeof address !== "object" || address === null) throw new Error("The relay has no port.");
	const drop = (): number => {
		const dropped = links.size;
		for (const { near } of links) near.destroy();
		return dropped;
	};
	return {
		host: LOOPBACK,
		port: address.port,
		holdAnswers() {
			holds = true;
		},
		slowDown(delayMs) {
			oneWayMs = delayMs;
		},
		heldBytes() {
			const held = [...links].flatMap((link) => link.held);
			return held.reduce((sum, bytes) => sum + bytes.length, 0);
		},
		drop() {
			refuses = true;
			return drop();
		},
		restore() {
			refuses = false;
			holds = false;
			for (const { near, held } of links) for (const bytes of held.splice(0)) near.write(bytes);
		},
		counts: () => ({ ...totals }),
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				drop();
			}),
	};
}

const LOOPBACK = "127.0.0.1";

/** In the order in which it was asked for, as long as the delay stays the same. */
function afterMs(delayMs: number, send: () => void): void {
	if (delayMs === 0) send();
	else void realWait(delayMs, { background: true }).then(send);
}

interface Link {
	readonly near: Socket;
	readonly far: Socket;
	/** What the server said while answers were held. */
	readonly held: Uint8Array[];
}
