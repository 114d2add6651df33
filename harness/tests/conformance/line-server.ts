// A small store server over TCP, one JSON line a request and one an answer, and a client for it: right, or wrong in one way.
import { createConnection, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { type OpenedPort, startRelay } from "../../src/conformance/index.ts";
import { type AtomicStore, applyOps, type FieldOp, type Fields } from "../../src/index.ts";
import { TransientError } from "../../src/lease/errors.ts";
import { checkBatch, checkKey } from "../../src/stores/check-batch.ts";
import { recordInvalid } from "../../src/stores/record-text.ts";
import { listen } from "../support/listen.ts";

/** One way in which a store can be wrong. */
export type Flaw =
	/** Reads, works it out, and writes, with room for others in between. */
	| "reads, then writes"
	/** Says of a batch whose answer was lost that it was certainly not applied. */
	| "tells lost answers as failures"
	/** Takes the last value where the first one counts. */
	| "setOnce overwrites"
	/** Answers reads from a copy that lags behind. */
	| "answers from a replica"
	/** Says of a batch that it has given up on that it was certainly not applied. */
	| "tells its time limit as a failure"
	/** Matches answers with calls by their order, and forgets a call that it has given up on. */
	| "gives late answers to later calls";

interface Request {
	readonly id: number;
	readonly key: string;
	readonly ops?: readonly FieldOp[];
	/** Replaces the record. */
	readonly put?: unknown;
	readonly stale?: boolean;
}

type Answer = { readonly id: number } & ({ readonly before: Fields } | { readonly invalid: string });

const LAG_MS = 30;
const TIME_LIMIT_MS = 200;

/** The port on a server of its own, with everything that the kit asks for; `flaw` says what is wrong with it. */
export async function openLineServer(flaw?: Flaw): Promise<OpenedPort> {
	const records = new Map<string, unknown>();
	const replica = new Map<string, unknown>();
	const server = createServer((socket) => {
		createInterface({ input: socket }).on("line", (line) => {
			const request = JSON.parse(line) as Request;
			socket.write(`${JSON.stringify(serve(request))}\n`);
		});
	});
	const put = (key: string, record: unknown) => {
		records.set(key, record);
		setTimeout(() => replica.set(key, record), LAG_MS).unref();
	};
	const serve = ({ id, key, ops, put: replacement, stale }: Request): Answer => {
		if (replacement !== undefined) put(key, replacement);
		const before = (stale ? replica : records).get(key) ?? {};
		if (typeof before !== "object" || before === null) return { id, invalid: "it is not an object" };
		try {
			if (ops)
				put(key, applyOps(before as Fields, flaw === "setOnce overwrites" ? ops.map(overwriting) : ops));
			return { id, before: before as Fields };
		} catch (error) {
			return { id, invalid: String(error) };
		}
	};
	const { port, close } = await listen(server);
	const relay = await startRelay({ port });
	return {
		relay,
		connect: async () => connectLines(relay.port, flaw),
		spoil: async (key) => put(key, "not a record"),
		async close() {
			await relay.close();
			await close();
		},
	};
}

const FLAWS_OF_TIME: readonly Flaw[] = [
	"tells its time limit as a failure",
	"gives late answers to later calls",
];

/** `set` takes any value here, as it does on the wire. */
function overwriting(op: FieldOp): FieldOp {
	return op.op === "setOnce" ? ({ ...op, op: "set" } as unknown as FieldOp) : op;
}

function connectLines(port: number, flaw: Flaw | undefined): AtomicStore & { close(): Promise<void> } {
	const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
	let count = 0;
	let socket: Socket | undefined;
	const connected = (): Socket => {
		if (socket && !socket.destroyed) return socket;
		const made = createConnection(port, "127.0.0.1");
		socket = made;
		made.on("error", () => made.destroy());
		made.on("close", () => {
			for (const { reject } of waiting.values()) reject(new Error("The connection was lost."));
			waiting.clear();
		});
		createInterface({ input: made })
			.on("error", () => made.destroy())
			.on("line", (line) => {
				const answer = JSON.parse(line) as Answer;
				const [oldest = answer.id] = waiting.keys();
				const id = flaw === "gives late answers to later calls" ? oldest : answer.id;
				waiting.get(id)?.resolve(answer);
				waiting.delete(id);
			});
		return made;
	};
	const call = async (request: Omit<Request, "id">): Promise<Fields> => {
		const id = ++count;
		const answer = await new Promise<Answer>((resolve, reject) => {
			waiting.set(id, { resolve, reject });
			connected().write(`${JSON.stringify({ id, ...request })}\n`);
			if (flaw && FLAWS_OF_TIME.includes(flaw)) {
				setTimeout(() => {
					waiting.delete(id);
					reject(new Error("The server gave no answer in time."));
				}, TIME_LIMIT_MS).unref();
			}
		}).catch((cause: unknown) => {
			if (flaw !== "tells lost answers as failures" && flaw !== "tells its time limit as a failure")
				throw cause;
			throw new TransientError("The server did not do it.", { code: "store_unavailable", cause });
		});
		if ("invalid" in answer) throw recordInvalid(request.key, answer.invalid);
		return answer.before;
	};
	return {
		async update(key, ops) {
			checkBatch(key, ops);
			if (flaw !== "reads, then writes") return call({ key, ops });
			const before = await call({ key });
			await call({ key, put: applyOps(before, ops) });
			return before;
		},
		async read(key) {
			checkKey(key);
			return call({ key, stale: flaw === "answers from a replica" });
		},
		async close() {
			socket?.destroy();
		},
	};
}
