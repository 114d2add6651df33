// One process of a world: its ports, the calls and waits it has open, and everything it has been told.
import type { HistoryLine } from "../history/history.ts";
import type { Fields } from "../lease/atomic-store.ts";
import type { ObserveLease } from "../lease/observe.ts";
import type { LeasePorts } from "../lease/options.ts";
import { createRetry } from "../system/retry.ts";
import { HistoryKey } from "./history-key.ts";
import { type Outcome, outcomeText, type PendingCall } from "./pending-call.ts";
import { fieldsKey, type Records } from "./records.ts";
import type { CallOptions, Process, ProcessOptions, StartProcess } from "./scenario.ts";
import { tellingText } from "./telling-text.ts";
import type { PendingWait, WorldTime } from "./time.ts";
import { titleOf } from "./titles.ts";

export interface ProcessPlan extends Required<ProcessOptions> {
	readonly name: string;
	readonly start: StartProcess;
}

export interface ProcessWorld {
	readonly time: WorldTime;
	readonly records: Records;
	readonly note: (process: WorldProcess, name: string, data: unknown) => void;
	readonly record: (process: WorldProcess, line: HistoryLine) => void;
	readonly failed: (process: WorldProcess, error: unknown) => void;
}

export class WorldProcess implements Process {
	readonly name: string;
	readonly plan: ProcessPlan;
	readonly life: number;
	readonly ports: LeasePorts;
	readonly store: Process["store"];
	readonly observe: ObserveLease;
	readonly calls: PendingCall[] = [];
	readonly waits: Set<PendingWait> = new Set();
	readonly history: HistoryKey = new HistoryKey();
	status: "starting" | "live" | "paused" | "dead" = "live";
	hasEnded = false;
	/** It dies as soon as this step is over: what it does until then is done, but never acknowledged. */
	dies = false;
	aheadMs = 0;
	/** Tasks and deliveries that have not ended. */
	active = 0;
	/** Calls that the outside is still working on. */
	underWay = 0;
	/** Whether the outside may have it do something: then what it remembers may matter later. */
	serves = false;
	/** Messages that it was given. */
	messages = 0;
	/** Messages that it is handling. */
	handling = 0;
	readonly #world: ProcessWorld;
	readonly #atDeath: (() => void)[] = [];
	#lastReadMs = 0;
	#ids = 0;
	#requests = 0;

	constructor(world: ProcessWorld, plan: ProcessPlan, life: number) {
		this.#world = world;
		this.plan = plan;
		this.life = life;
		this.name = life === 1 ? plan.name : `${plan.name}.${life}`;
		const clock = world.time.clock(
			() => this.aheadMs,
			(nowMs) => this.#readClock(nowMs),
		);
		const wait: LeasePorts["wait"] = (delayMs, options) => {
			if (this.status === "dead") return new Promise(() => undefined);
			this.#readClock(world.time.nowMs);
			return this.#wait(delayMs, options);
		};
		this.ports = {
			clock,
			wait,
			retry: createRetry(wait),
			newId: () => `${plan.name}-${life}-${++this.#ids}`,
		};
		this.#wait = world.time.wait(this.waits);
		this.store = {
			update: (key, ops) =>
				this.#request<Fields>({
					to: STORE,
					key,
					title: titleOf(key, ops),
					request: `${key} ${JSON.stringify(ops)}`,
					apply: () => world.records.update(key, ops),
					answerText: fieldsText,
				}),
			read: (key) =>
				this.#request<Fields>({
					to: STORE,
					key,
					title: `reads ${key}`,
					request: key,
					apply: () => world.records.get(key),
					readsOnly: true,
					answerText: fieldsText,
				}),
		};
		this.observe = (event) => {
			const { type, ...data } = event;
			this.note(type, data);
		};
	}

	readonly #wait: LeasePorts["wait"];

	readonly task = (work: () => Promise<unknown>): void => {
		this.#expectNotEnded();
		this.active++;
		work().then(
			() => this.ended(),
			(error: unknown) => {
				this.ended();
				if (this.status !== "dead") this.#world.failed(this, error);
			},
		);
	};

	ended(): void {
		this.active--;
	}

	readonly handle = <T>(title: string, work: () => Promise<T>): Promise<T> => {
		this.#expectNotEnded();
		this.serves = true;
		this.active++;
		this.history.add(title);
		return work().finally(() => this.ended());
	};

	readonly atDeath = (listener: () => void): void => {
		this.serves = true;
		this.#atDeath.push(listener);
	};

	readonly call = <T>(title: string, apply: () => T | Promise<T>, options: CallOptions = {}): Promise<T> => {
		const answerText = (answer: unknown) => tellingText(answer);
		return this.#request<T>({ to: "outside", title, request: title, apply, answerText, ...options });
	};

	/** Of a dead process too: none of its code runs any more but what the outside does for a request that lands late. */
	readonly note = (name: string, data?: unknown): void => this.#world.note(this, name, data);

	readonly record = (line: HistoryLine): void => this.#world.record(this, line);

	#request<T>(request: Omit<PendingCall, "number" | "resolve" | "reject" | "outcome">): Promise<T> {
		const answer = new Promise<T>((resolve, reject) => {
			if (this.status === "dead") return;
			const number = ++this.#requests;
			this.calls.push({ ...request, number, resolve: resolve as (answer: unknown) => void, reject });
		});
		// Nobody has to wait for it: a refusal that nobody hears of ends no process.
		answer.catch(() => undefined);
		return answer;
	}

	/** A look at the clock that shows the same as the last one in the same history tells nothing new. */
	#readClock(nowMs: number): void {
		if (nowMs === this.#lastReadMs) return;
		this.#lastReadMs = nowMs;
		this.history.add(nowMs);
	}

	/** Nothing is left that it does, serves or waits for: what it remembers does not matter any more. */
	noteEnd(): void {
		const { status, active, serves, calls, underWay, waits } = this;
		const isIdle = active === 0 && calls.length === 0 && underWay === 0 && waits.size === 0;
		if (status === "live" && isIdle && !serves) this.hasEnded = true;
	}

	#expectNotEnded(): void {
		if (!this.hasEnded) return;
		const why = `${this.name} is given work after it had ended; have it serve, or begin a task, from its start on.`;
		this.#world.failed(this, new Error(why));
	}

	/** It has dealt with the one message that it was to be given. */
	get isSpent(): boolean {
		const { plan, status, messages, active, calls } = this;
		return plan.perMessage && status === "live" && messages > 0 && active === 0 && calls.length === 0;
	}

	/** It has something to do, and waits for nothing that its world could give it. */
	get waitsOutside(): boolean {
		const { status, active, calls, underWay, waits } = this;
		if (status !== "live" || active === 0 || calls.length > 0 || underWay > 0) return false;
		return ![...waits].some(({ background }) => !background);
	}

	/** Lets the caller hear of it. */
	hear(call: PendingCall, outcome: Outcome): void {
		if (this.status === "dead") return;
		if (this.status === "paused") {
			call.outcome = outcome;
			this.calls.push(call);
			return;
		}
		if ("answer" in outcome) {
			this.history.add(`answer ${call.number}`);
			this.history.add(call.answerText(outcome.answer));
			call.resolve(outcome.answer);
		} else {
			this.history.add(`error ${call.number} ${tellingText(outcome.error)}`);
			call.reject(outcome.error);
		}
	}

	/** The label of one of its calls: its name, with a number if it has several open. */
	labelOf(index: number): string {
		return index === 0 ? this.name : `${this.name}:${index + 1}`;
	}

	/** The call is dealt with, one way or another. */
	drop(call: PendingCall): void {
		this.calls.splice(this.calls.indexOf(call), 1);
	}

	die(): void {
		this.status = "dead";
		this.calls.length = 0;
		this.waits.clear();
		for (const listener of this.#atDeath) listener();
	}

	/** Equal for processes that will do the same. */
	key(): string {
		const { status, calls } = this;
		if (this.hasEnded) return "ended";
		// What is open follows from the history, but not how far the outside is with it.
		const open = calls.map((call) => `${call.number}${outcomeText(call)}`);
		return `${status} ${this.history.get()} ${open}`;
	}
}

const STORE = "store";

const fieldsText = (answer: unknown) => () => fieldsKey(answer as Fields);
