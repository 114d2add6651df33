// Parallel approvals under fast-check's scheduler: every call to the engine is a task that it may put off.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEngine, directLink } from "../../src/engine/index.ts";
import { createLeases, hasCode } from "../../src/index.ts";
import { realPorts } from "../../src/system/leases.ts";
import {
	type IIIClient,
	iiiStore,
	type RegisteredTurn,
	registerTurn,
	type TurnRecord,
} from "../../src/turn/index.ts";

import { SOAK_LIMIT_MS, soakTimes } from "../support/soak.ts";

const SESSION = "session-42";

type Decision = "allow" | "deny";

/** Several workers on one engine; a message whose handler was turned away is never delivered again. */
function createSystem(scheduler: fc.Scheduler, callIds: readonly string[], workers: number) {
	const engine = createEngine({ ...realPorts });
	const handlers = new Map<string, (payload: unknown) => Promise<unknown>>();
	const runs = new Map<string, number>();
	const errors: unknown[] = [];
	const open = new Set<Promise<unknown>>();
	let deliveries = 0;
	let dropped = 0;

	const track = (task: Promise<unknown>) => {
		const tracked = task
			.catch((error: unknown) => {
				if (hasCode(error, "lease_held")) dropped++;
				else errors.push(error);
			})
			.finally(() => open.delete(tracked));
		open.add(tracked);
	};

	const deliver = (functionId: string, payload: unknown) => {
		const base = functionId.replace(/::\d+$/, "");
		const handler = handlers.get(`${base}::${deliveries++ % workers}`) as (
			payload: unknown,
		) => Promise<unknown>;
		track(handler(payload));
	};

	const turns = Array.from({ length: workers }, (_, worker) => {
		const client = engine.connect({ link: directLink });
		const iii: IIIClient = {
			async trigger(request) {
				await scheduler.schedule(Promise.resolve(), `${worker}: ${request.function_id}`);
				if (request.action?.type !== "enqueue") return client.trigger(request);
				deliver(request.function_id, request.payload);
				return { messageReceiptId: "receipt" };
			},
			registerFunction(id, handler) {
				handlers.set(id, handler);
				return client.registerFunction(id, handler);
			},
			registerTrigger: (request) => client.registerTrigger(request),
		};
		return registerTurn(iii, {
			leases: createLeases<TurnRecord>({ store: iiiStore(iii) }),
			functions: {
				needsApproval: () => true,
				isIdempotent: () => false,
				async run({ id }) {
					runs.set(id, (runs.get(id) ?? 0) + 1);
					await scheduler.schedule(Promise.resolve(), `run ${id}`);
					return { ran: id };
				},
			},
			nowMs: realPorts.clock.wallMs,
			newId: realPorts.newId,
			worker: String(worker),
		});
	});

	const content = callIds.map((id) => ({
		type: "function_call" as const,
		id,
		function_id: "act",
		arguments: {},
	}));
	const message = { role: "assistant" as const, content, stop_reason: "function_call" };
	const read = async () => {
		const { valueText } = await createLeases({
			store: iiiStore(engine.connect({ link: directLink })),
		}).inspect(SESSION);
		return JSON.parse(valueText ?? "null") as TurnRecord | null;
	};
	return {
		runs,
		errors,
		read,
		dropped: () => dropped,
		/** Lets a command go on beside the next ones. */
		background(task: Promise<unknown>): void {
			track(task);
		},
		/** Resolves when no command is under way and no message is being handled any more. */
		async atRest() {
			while (open.size > 0) await Promise.all(open);
		},
		start: () => turns[0]?.start(SESSION, message),
		wake: (worker: number) => (turns[worker % workers] as RegisteredTurn).wake(SESSION),
		resolve: (worker: number, callId: string, decision: Decision) =>
			handlers.get(`approval::resolve::${worker % workers}`)?.({
				session_id: SESSION,
				function_call_id: callId,
				decision,
			}) as Promise<{ ok: boolean }>,
		turnEnds: () =>
			engine
				.streamItems("agent::events", SESSION)
				.filter(({ data }) => (data as { type: string }).type === "turn_end"),
	};
}

type System = ReturnType<typeof createSystem>;

/** What the commands have learned: the decision of each call that counts. */
interface Model {
	readonly decided: Map<string, Decision>;
}

class Resolve implements fc.AsyncCommand<Model, System> {
	readonly worker: number;
	readonly callId: string;
	readonly decision: Decision;

	constructor(worker: number, callId: string, decision: Decision) {
		this.worker = worker;
		this.callId = callId;
		this.decision = decision;
	}

	check(): boolean {
		return true;
	}

	async run(model: Model, system: System): Promise<void> {
		system.background(this.#resolve(model, system));
	}

	async #resolve(model: Model, system: System): Promise<void> {
		const { ok } = await system.resolve(this.worker, this.callId, this.decision);
		const earlier = model.decided.get(this.callId);
		if (earlier !== undefined) expect(ok).toBe(earlier === this.decision);
		else model.decided.set(this.callId, ok ? this.decision : this.decision === "allow" ? "deny" : "allow");
	}

	toString(): string {
		return `resolve(${this.callId}, ${this.decision}) by ${this.worker}`;
	}
}

class WakeAgain implements fc.AsyncCommand<Model, System> {
	readonly worker: number;

	constructor(worker: number) {
		this.worker = worker;
	}

	check(): boolean {
		return true;
	}

	async run(_model: Model, system: System): Promise<void> {
		system.background(system.wake(this.worker));
	}

	toString(): string {
		return `wake by ${this.worker}`;
	}
}

const CALL_IDS = ["call_1", "call_2", "call_3"];

const commands = fc.commands(
	[
		fc
			.tuple(fc.nat(2), fc.constantFrom(...CALL_IDS), fc.constantFrom<Decision>("allow", "allow", "deny"))
			.map(([worker, callId, decision]) => new Resolve(worker, callId, decision)),
		fc.nat(2).map((worker) => new WakeAgain(worker)),
	],
	{ maxCommands: 8 },
);

async function expectTurn(system: System, decided: ReadonlyMap<string, Decision>): Promise<void> {
	const record = await system.read();
	expect(system.errors).toEqual([]);
	for (const id of CALL_IDS) {
		const decision = decided.get(id);
		expect(record?.work?.executed[id] !== undefined, `${id} has a result if it was decided`).toBe(
			decision !== undefined,
		);
		expect(system.runs.get(id) ?? 0, `${id} ran if it was allowed`).toBe(decision === "allow" ? 1 : 0);
	}
	const complete = decided.size === CALL_IDS.length;
	expect(record?.state).toBe(complete ? "stopped" : "function_awaiting_approval");
	expect(system.turnEnds()).toHaveLength(complete ? 1 : 0);
}

describe("parallel approvals, in every order that the scheduler finds", () => {
	let dropped = 0;

	it("decide each call once, run it once, and end the turn once, although no loser retries", {
		timeout: SOAK_LIMIT_MS,
	}, async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.scheduler(),
				commands,
				fc.integer({ min: 1, max: 3 }),
				async (scheduler, script, workers) => {
					const system = createSystem(scheduler, CALL_IDS, workers);
					const model: Model = { decided: new Map() };
					const turn = async () => {
						await system.start();
						await fc.asyncModelRun(() => ({ model, real: system }), script);
						await system.atRest();
					};
					await scheduler.waitFor(turn());
					await expectTurn(system, model.decided);
					dropped += system.dropped();
				},
			),
			{ numRuns: 125 * soakTimes },
		);
	});

	it("turned some away for good", () => {
		expect(dropped).toBeGreaterThan(20);
	});
});
