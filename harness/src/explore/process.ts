// One process of a world: its ports, the calls and waits it has open, and everything it has been told.
import type { HistoryLine } from "../history/history.ts";
import type { Fields } from "../lease/atomic-store.ts";
import type { ObserveLease } from "../lease/observe.ts";
import type { LeasePorts } from "../lease/options.ts";
import { createRetry } from "../system/retry.ts";
import { HistoryKey } from "./history-key.ts";
import { fieldsKey, type Records } from "./records.ts";
import type { CallOptions, Process, ProcessOptions } from "./scenario.ts";
import type { PendingWait, WorldTime } from "./time.ts";
import { titleOf } from "./titles.ts";

/** A request that its process has made and the outside has not dealt with. */
export interface PendingCall {
	/** Counts the calls of its process. */
	readonly number: number;
	readonly title: string;
	/** What is asked for: equal texts ask for the same. */
	readonly request: string;
	readonly apply: () => unknown;
	readonly resolve: (answer: unknown) => void;
	readonly reject: (error: unknown) => void;
	/** Whom it goes to. */
	readonly to: string;
	/** The record, for a call to the store. */
	readonly key?: string;
	readonly readsOnly?: boolean;
	readonly commutes?: boolean;
	/** How the answer reads in a history. */
	readonly answerText: (answer: unknown) => string | (() => string);
	/** Applied while the process stood still: it has yet to hear of it. */
	outcome?: Outcome;
}

export type Outcome = { readonly answer: unknown } | { readonly error: unknown };

export interface ProcessPlan extends Required<ProcessOptions> {
	readonly name: string;
	readonly start: (process: Process) => void;
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
	/** It dies as soon as this step is over: what it does until then is done, but never acknowledged. */
	dies = false;
	aheadMs = 0;
	/** Tasks and deliveries that have not ended. */
	active = 0;
	/** Calls that the outside is still working on. */
	underWay = 0;
	/** Whether it waits for messages: then what it remembers may matter later. */
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
		this.name = life === 1 ? plan.name : `${plan.name}${life}`;
		const clock = world.time.clock(
			() => this.aheadMs,
			(nowMs) => this.#readClock(nowMs),
		);
		const wait: LeasePorts["wait"] = (delayMs, options) => {
			if (this.status === "dead") return new Promise(() => undefined);
			this.#readClock(world.time.nowMs);
			return this.#wait(delayMs, options);
		};
		this.ports = { clock, wait, retry: createRetry(wait), newId: () => `${this.name}-${++this.#ids}` };
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
		this.serves = true;
		this.active++;
		this.history.add(title);
		return work().finally(() => this.ended());
	};

	readonly atDeath = (listener: () => void): void => {
		this.#atDeath.push(listener);
	};

	readonly call = <T>(title: string, apply: () => T | Promise<T>, options: CallOptions = {}): Promise<T> => {
		const answerText = (answer: unknown) => JSON.stringify(answer) ?? "";
		return this.#request<T>({ to: "outside", title, request: title, apply, answerText, ...options });
	};

	/** Of a dead process too: none of its code runs any more but what the outside does for a request that lands late. */
	readonly note = (name: string, data?: unknown): void => this.#world.note(this, name, data);

	readonly record = (line: HistoryLine): void => this.#world.record(this, line);

	#request<T>(request: Omit<PendingCall, "number" | "resolve" | "reject" | "outcome">): Promise<T> {
		return new Promise<T>((resolve, reject) => {
			if (this.status === "dead") return;
			const number = ++this.#requests;
			this.calls.push({ ...request, number, resolve: resolve as (answer: unknown) => void, reject });
		});
	}

	/** A look at the clock that shows the same as the last one in the same history tells nothing new. */
	#readClock(nowMs: number): void {
		if (nowMs === this.#lastReadMs) return;
		this.#lastReadMs = nowMs;
		this.history.add(nowMs);
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
			this.history.add(`error ${call.number} ${outcome.error}`);
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
		const { status, active, serves, calls, underWay, waits } = this;
		if (active === 0 && !serves && calls.length === 0 && underWay === 0 && waits.size === 0) return "ended";
		// What is open follows from the history, but not how far the outside is with it.
		const open = calls.map(({ number, outcome }) => `${number}${outcome ? " applied" : ""}`);
		return `${status} ${this.history.get()} ${open}`;
	}
}

const STORE = "store";

const fieldsText = (answer: unknown) => () => fieldsKey(answer as Fields);
