// A turn in a hostile world: several processes, people who decide, a queue that keeps only its promises, and faults.
import { createEngine, type EngineClient } from "../../src/engine/index.ts";
import { createLeases, hasCode, type LeaseEvent, type LeaseHeldError } from "../../src/index.ts";
import { createRandom, type Random } from "../../src/system/random.ts";
import { createRetry } from "../../src/system/retry.ts";
import {
	type AssistantMessage,
	type IIIClient,
	iiiStore,
	type RegisteredTurn,
	registerTurn,
	type TriggerRequest,
	type TurnFunctions,
	type TurnRecord,
} from "../../src/turn/index.ts";
import { createSimulation, type SimulatedProcess } from "../support/simulation.ts";
import { type Fault, type PlannedCall, SKEW_MS, TTL_MS, type WorldPlan } from "./world-plan.ts";

export const SESSION = "session-42";

export interface WorldOutcome {
	readonly record: TurnRecord | undefined;
	readonly runs: ReadonlyMap<string, number>;
	/** In the order of their first arrival. */
	readonly events: readonly { readonly id: string; readonly type: string }[];
	readonly leaseEvents: readonly LeaseEvent[];
	/** Answers of `approval::resolve`: the call, what was asked for, and whether it counts. */
	readonly resolved: readonly { readonly callId: string; readonly decision: string; readonly ok: boolean }[];
	/** Faults that really happened. */
	readonly happened: readonly Fault[];
	/** A lease was lost, a process died, or an outcome was unknown. */
	readonly disturbed: boolean;
	/** The lease when nothing moves any more. */
	readonly leaseState: string;
	readonly owed: boolean;
	/** Fields of the lease's record. */
	readonly fields: number;
	readonly batons: number;
}

interface Worker {
	readonly process: SimulatedProcess;
	readonly client: EngineClient;
	readonly handlers: Map<string, (payload: unknown) => Promise<unknown>>;
	readonly turn: RegisteredTurn;
}

interface Message {
	readonly functionId: string;
	readonly payload: unknown;
}

interface Journey {
	readonly index: number;
	readonly process: SimulatedProcess;
	readonly request: TriggerRequest;
	readonly fault: Fault | undefined;
	readonly perform: () => Promise<unknown>;
}

const DELIVERIES_MAX = 2_000;
const ATTEMPTS_MAX = 200;
const RESTART_MS_MAX = 150;
const never = () => new Promise<never>(() => undefined);

export class World {
	readonly #plan: WorldPlan;
	readonly #random: Random;
	readonly #simulation = createSimulation();
	readonly #engine: ReturnType<typeof createEngine>;
	readonly #workers: Worker[] = [];
	readonly #runs = new Map<string, number>();
	readonly #leaseEvents: LeaseEvent[] = [];
	readonly #resolved: { callId: string; decision: string; ok: boolean }[] = [];
	readonly #happened: Fault[] = [];
	/** Epochs whose holder lived to give them back. */
	readonly #givenBack = new Set<number>();
	/** Calls at which a fault strikes, by their number. */
	readonly #strikes = new Map<number, Fault>();
	readonly #failures: unknown[] = [];
	#calls = 0;
	#generation = 0;
	#open = 0;
	#deliveries = 0;
	#batons = 0;
	#disturbed = false;
	#rest: () => void = () => undefined;

	constructor(plan: WorldPlan) {
		this.#plan = plan;
		this.#random = createRandom(plan.seed);
		const { clock, wait } = this.#simulation.time;
		let ids = 0;
		this.#engine = createEngine({ clock, wait, retry: createRetry(wait), newId: () => `engine-${++ids}` });
		const horizon = 25 + 15 * plan.calls.length;
		for (const fault of plan.faults) this.#strikes.set(this.#random.integer(1, horizon), fault);
	}

	/** Runs the turn until nothing is left to do. */
	run(): Promise<WorldOutcome> {
		return this.#simulation.time.run(this.#run(), { limitMs: 3_600_000 });
	}

	async #run(): Promise<WorldOutcome> {
		const { calls, workers } = this.#plan;
		const rest = new Promise<void>((resolve) => {
			this.#rest = resolve;
		});
		this.#open++;
		for (let index = 0; index < workers; index++) this.#startWorker(index);
		const parked = calls.filter((call) => call.approval);
		for (const call of parked.filter((it) => it.early)) await this.#decide(call);
		this.#background(() => this.#start());
		for (const call of parked.filter((it) => !it.early)) this.#background(() => this.#decide(call));
		this.#settle();
		await rest;
		if (this.#failures.length > 0) throw this.#failures[0];
		return this.#outcome();
	}

	async #outcome(): Promise<WorldOutcome> {
		const store = iiiStore(this.#engine.connect({ link: (_request, apply) => apply() }));
		const { clock, wait } = this.#simulation.time;
		const leases = createLeases({ store, ttlMs: TTL_MS, skewMs: SKEW_MS, ports: { clock, wait } });
		const report = await leases.inspect(SESSION);
		const items = this.#engine.streamItems("agent::events", SESSION);
		return {
			record: report.valueText === undefined ? undefined : JSON.parse(report.valueText),
			runs: this.#runs,
			events: items.map(({ item_id, data }) => ({ id: item_id, type: (data as { type: string }).type })),
			leaseEvents: this.#leaseEvents,
			resolved: this.#resolved,
			happened: this.#happened,
			disturbed: this.#disturbed,
			leaseState: report.state,
			owed: report.owed,
			fields: Object.keys(await store.read(SESSION)).length,
			batons: this.#batons,
		};
	}

	#startWorker(index: number): void {
		const process = this.#simulation.start(`w${index}-${this.#generation++}`);
		const client = this.#engine.connect({ name: process.name, link: (_request, apply) => apply() });
		const handlers: Worker["handlers"] = new Map();
		const iii: IIIClient = {
			trigger: (request) => this.#travel(index, process, request, client),
			registerFunction: (id, handler) => {
				handlers.set(id, handler);
				return client.registerFunction(id, async (payload) => {
					const outcome = await process.run(() => handler(payload));
					return outcome.type === "answered" ? outcome.value : undefined;
				});
			},
			registerTrigger: (request) => client.registerTrigger(request),
		};
		const leases = createLeases<TurnRecord>({
			store: iiiStore(iii),
			ttlMs: TTL_MS,
			skewMs: SKEW_MS,
			owner: process.name,
			ports: process.ports,
			observe: (event) => this.#observe(event),
		});
		const { clock, newId } = process.ports;
		const functions = this.#functions(process);
		const turn = registerTurn(iii, { leases, functions, nowMs: clock.wallMs, newId, worker: process.name });
		this.#workers[index] = { process, client, handlers, turn };
	}

	#crash(index: number, process: SimulatedProcess): void {
		if (process.crashed) return;
		this.#disturbed = true;
		process.crash();
		this.#workers[index]?.client.crash();
		this.#background(async () => {
			await this.#wait(this.#random.integer(1, RESTART_MS_MAX));
			this.#startWorker(index);
		});
	}

	#functions(process: SimulatedProcess): TurnFunctions {
		const planned = (id: string) => this.#plan.calls.find((call) => call.id === id) as PlannedCall;
		return {
			needsApproval: ({ id }) => planned(id).approval,
			isIdempotent: ({ id }) => planned(id).idempotent,
			run: async ({ id }) => {
				this.#runs.set(id, (this.#runs.get(id) ?? 0) + 1);
				await process.ports.wait(planned(id).takesMs);
				return { ran: id };
			},
		};
	}

	#observe(event: LeaseEvent): void {
		this.#leaseEvents.push(event);
		if (event.type === "released" || event.type === "abandoned") this.#givenBack.add(event.epoch);
		if (event.type === "lost" || (event.type === "granted" && event.takeover)) this.#disturbed = true;
	}

	/** Carries one call of a process, with whatever strikes it; a dead process hears nothing. */
	#travel(
		index: number,
		process: SimulatedProcess,
		request: TriggerRequest,
		client: EngineClient,
	): Promise<unknown> {
		if (process.crashed) return never();
		const fault = this.#strikes.get(++this.#calls);
		if (fault) this.#happened.push(fault);
		const perform = async () => {
			if (request.action?.type !== "enqueue") return client.trigger(request);
			this.#enqueue({ functionId: request.function_id, payload: structuredClone(request.payload) });
			return { messageReceiptId: "receipt" };
		};
		return new Promise((resolve, reject) => {
			this.#carry({ index, process, request, fault, perform }).then(
				(value) => process.crashed || resolve(value),
				(error: unknown) => process.crashed || reject(error),
			);
		});
	}

	async #carry({ index, process, request, fault, perform }: Journey): Promise<unknown> {
		if (fault === "jump") this.#simulation.time.jump(TTL_MS + SKEW_MS + 1);
		await this.#wait(this.#random.integer(0, 3));
		if (fault === "delayed" || fault === "crash before") this.#performLater(perform);
		if (fault === "crash before") this.#crash(index, process);
		if (process.crashed) return undefined;
		if (fault === "delayed") return this.#timeOut(request);
		const answer = await perform();
		if (fault === "twice") this.#performLater(perform);
		if (fault === "crash after apply") this.#crash(index, process);
		if (fault === "lost reply") return this.#timeOut(request);
		await this.#wait(this.#random.integer(0, 3));
		if (fault === "crash after reply") {
			this.#background(async () => {
				await this.#wait(0);
				this.#crash(index, process);
			});
		}
		return answer;
	}

	#performLater(perform: () => Promise<unknown>): void {
		if (this.#random.once(4)) return;
		const delayMs = this.#random.integer(0, this.#random.pick([50, 1_000, 3 * TTL_MS]));
		this.#background(async () => {
			await this.#wait(delayMs);
			await Promise.race([perform().catch(() => undefined), this.#wait(1)]);
		});
	}

	async #timeOut({ timeoutMs = 30_000 }: TriggerRequest): Promise<never> {
		this.#disturbed = true;
		await this.#wait(timeoutMs);
		throw Object.assign(new Error("The call timed out."), { code: "TIMEOUT" });
	}

	#enqueue(message: Message): void {
		this.#background(() => this.#deliver(message));
	}

	/**
	 * Delivers again whatever ended in neither success nor `lease_held`, and a loser after the deadline of a holder that
	 * never gave its lease back. A loser of one that did is dropped.
	 */
	async #deliver(message: Message): Promise<void> {
		for (;;) {
			if (++this.#deliveries > DELIVERIES_MAX) throw new Error("The queue delivers for ever.");
			await this.#wait(this.#random.integer(0, 20));
			const outcome = await this.#ask(message.functionId.replace(/::w\d+-\d+$/, ""), message.payload);
			if (outcome.type === "answered") {
				if ((outcome.value as { skipped?: boolean }).skipped) this.#batons++;
				return;
			}
			if (outcome.type === "rejected" && hasCode(outcome.error, "lease_held")) {
				const { epoch, retryAfterMs } = outcome.error as LeaseHeldError;
				await this.#wait(retryAfterMs);
				if (this.#givenBack.has(epoch)) return;
				continue;
			}
			this.#disturbed = true;
			const { redelivery } = this.#plan;
			await this.#wait(this.#random.integer(0, 50) + (redelivery === "at once" ? 0 : TTL_MS + SKEW_MS));
		}
	}

	/** Has any worker run a function. */
	#ask(functionId: string, payload: unknown) {
		const { process, handlers } = this.#random.pick(this.#workers);
		return process.run(async () => {
			const handler = handlers.get(`${functionId}::${process.name}`);
			if (!handler) throw new Error(`Nobody handles ${functionId}.`);
			return handler(structuredClone(payload));
		});
	}

	async #start(): Promise<void> {
		const content = this.#plan.calls.map(({ id }) => ({
			type: "function_call" as const,
			id,
			function_id: "agent_trigger",
			arguments: { function: "shop::act", payload: { id } },
		}));
		const message: AssistantMessage = { role: "assistant", content, stop_reason: "function_call" };
		await this.#insist(() => {
			const { process, turn } = this.#random.pick(this.#workers);
			return process.run(() =>
				turn.start(SESSION, message).catch((error: unknown) => {
					if (!hasCode(error, "record_exists")) throw error;
				}),
			);
		});
	}

	async #decide(call: PlannedCall): Promise<void> {
		for (let time = 0; time < call.times; time++) await this.#resolve(call.id, call.decision);
		if (call.contested) await this.#resolve(call.id, call.decision === "allow" ? "deny" : "allow");
	}

	async #resolve(callId: string, decision: string): Promise<void> {
		await this.#wait(this.#random.integer(0, 60));
		const payload = { session_id: SESSION, function_call_id: callId, decision };
		const { ok } = (await this.#insist(() => this.#ask("approval::resolve", payload))) as { ok: boolean };
		this.#resolved.push({ callId, decision, ok });
	}

	/** Asks until somebody answers. */
	async #insist(ask: () => ReturnType<SimulatedProcess["run"]>): Promise<unknown> {
		for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
			const outcome = await ask();
			if (outcome.type === "answered") return outcome.value;
			if (outcome.type === "rejected" && !hasCode(outcome.error, "lease_held")) this.#disturbed = true;
			await this.#wait(this.#random.integer(1, 500));
		}
		throw new Error("Nobody answers.");
	}

	#wait(delayMs: number): Promise<void> {
		return this.#simulation.time.wait(delayMs);
	}

	#background(task: () => Promise<unknown>): void {
		this.#open++;
		task().then(
			() => this.#settle(),
			(error: unknown) => {
				this.#failures.push(error);
				this.#settle();
			},
		);
	}

	#settle(): void {
		this.#open--;
		if (this.#open === 0) this.#rest();
	}
}
