// The world of one run: what it is made of, what can happen next in it, and whether what has happened may.
import type { HistoryLine } from "../history/history.ts";
import { choicesOf, hasWork } from "./choices.ts";
import type { Choice } from "./decision.ts";
import { Events } from "./events.ts";
import { FaultsLeft } from "./faults.ts";
import { keyOf } from "./history-key.ts";
import { Lives } from "./lives.ts";
import { Moments } from "./moments.ts";
import { type Coverage, Monitor, type Violation } from "./monitor.ts";
import { expectNewName } from "./names.ts";
import { Network } from "./network.ts";
import type { WorldProcess } from "./process.ts";
import { type Queue, type QueueOptions, WorldQueue } from "./queue.ts";
import { Records } from "./records.ts";
import type { Resource } from "./resource.ts";
import type { ProcessOptions, Scenario, SharedValue, StartProcess, World } from "./scenario.ts";
import { tellingText } from "./telling-text.ts";
import { earliest, WorldTime } from "./time.ts";
import { Tracer } from "./tracer.ts";

/** The real one, whatever a test does to the global name later. */
const nextTurn = setImmediate;

/** Everything that can go on without another decision has gone on: one turn of the event loop settles every promise. */
const settled = (): Promise<void> => new Promise((resolve) => nextTurn(resolve));

const EXPIRY_MS = 60_000;
const SKEW_MS = 1_000;
const SOON_MS = 100;

export interface LiveWorldOptions {
	readonly coverage: Coverage;
	readonly traces: boolean;
}

export class LiveWorld implements World {
	readonly time: WorldTime = new WorldTime();
	readonly events: Events = new Events();
	readonly moments: Moments = new Moments();
	readonly queues: WorldQueue[] = [];
	readonly faults: FaultsLeft;
	readonly records: Records;
	readonly network: Network;
	readonly lives: Lives;
	readonly tracer: Tracer | undefined;
	readonly expiryMs: number;
	readonly skewMs: number;
	readonly soonMs: number;
	/** Who took the last step. */
	running: string | undefined;
	/** What is still under way never lands. */
	ended = false;
	readonly #scenario: Scenario;
	readonly #resources: Resource[];
	readonly #monitor: Monitor;
	#failure: Violation | undefined;

	constructor(scenario: Scenario, { coverage, traces }: LiveWorldOptions) {
		this.#scenario = scenario;
		this.expiryMs = scenario.expiryMs ?? EXPIRY_MS;
		this.skewMs = scenario.skewMs ?? SKEW_MS;
		this.soonMs = scenario.soonMs ?? SOON_MS;
		this.faults = new FaultsLeft(scenario.faults ?? {});
		this.#monitor = new Monitor(scenario.properties, coverage, (key) => this.records.get(key));
		this.records = new Records((update) => this.#monitor.hear({ type: "update", ...update }));
		this.#resources = [this.records];
		this.tracer = traces ? new Tracer(this.nowMs) : undefined;
		this.network = new Network(this.tracer);
		this.lives = new Lives({
			...this.#whatIsSaid(),
			time: this.time,
			records: this.records,
			faults: this.faults,
			network: this.network,
			tracer: this.tracer,
			gone: (process) => {
				for (const queue of this.queues) queue.gone(process);
			},
			died: ({ name }) => this.#monitor.hear({ type: "crash", process: name }),
		});
	}

	#whatIsSaid() {
		return {
			note: (process: WorldProcess, name: string, data: unknown) => {
				this.#note(process.name, name, data);
				if (name !== "released" && name !== "abandoned") return;
				const { sessionId = "", epoch = 0 } = (data ?? {}) as { sessionId?: string; epoch?: number };
				for (const queue of this.queues) queue.givenBack(sessionId, epoch);
			},
			record: ({ name: process }: WorldProcess, line: HistoryLine) => {
				this.#monitor.hear({ type: "line", process, line });
				this.tracer?.line(process, line);
			},
			failed: ({ name }: WorldProcess, error: unknown) => {
				this.#fail({ kind: "task", sentence: `no task of ${name} fails`, detail: describe(error) });
			},
		};
	}

	/** Answers why the scenario could not be set up. */
	async setUp(): Promise<Violation | undefined> {
		try {
			await this.#scenario.setup(this);
		} catch (error) {
			return { kind: "setup", sentence: "the world can be set up", detail: describe(error) };
		}
		await settled();
		if (this.faults.has("rollback")) this.moments.keep(this.#resources);
		return undefined;
	}

	readonly process = (name: string, start: StartProcess, options: ProcessOptions = {}): void =>
		this.lives.plan(name, start, options);

	readonly queue = (name: string, options: QueueOptions = {}): Queue => {
		expectNewName(
			"queue",
			name,
			this.queues.some((queue) => queue.name === name),
		);
		const queue = new WorldQueue(name, options, this.nowMs);
		this.queues.push(queue);
		return queue;
	};

	readonly nowMs = (): number => this.time.nowMs;

	readonly note = (name: string, data?: unknown): void => this.#note("outside", name, data);

	readonly value = <T>(first: T): SharedValue<T> => {
		let text = JSON.stringify(first);
		const restore = (saved: string) => () => {
			text = saved;
		};
		this.share({ key: () => text, save: () => restore(text) });
		return {
			get: () => JSON.parse(text) as T,
			set(next) {
				text = JSON.stringify(next);
			},
		};
	};

	readonly share = (resource: Resource): void => {
		this.#resources.push(resource);
	};

	readonly event = (title: string): Promise<void> => this.events.expect(title);

	/** What can happen next; nothing at rest. */
	choices(): readonly Choice[] {
		return this.#failure ? [] : choicesOf(this);
	}

	/** Who took the last step, if it could go on. */
	get runningNow(): string | undefined {
		const process = this.lives.processes.find(({ name }) => name === this.running);
		return process && (hasWork(this, process) || process.waits.size > 0) ? process.name : undefined;
	}

	/** The first thing that does not hold. */
	look(atRest: boolean): Violation | undefined {
		if (this.#failure) return this.#failure;
		// One that serves may wait for what it is yet to be given.
		const outside = this.lives.processes.find(
			({ waitsOutside, serves }) => waitsOutside && (atRest || !serves),
		);
		if (!outside) return this.#monitor.look(atRest);
		return {
			kind: "outside",
			sentence: `everything that ${outside.name} waits for is a port`,
			detail: "It neither ended nor called a port after one turn of the event loop.",
		};
	}

	/** Carries a decision out, and lets everything go on that can. */
	async step(choice: Choice): Promise<void> {
		this.tracer?.step(choice);
		if (choice.fault) this.faults.take(choice.fault);
		else if (!choice.isAside) this.running = choice.actor;
		try {
			await choice.perform();
		} catch (error) {
			const detail = error instanceof Error ? error.message : tellingText(error);
			this.#fail({ kind: "rest", sentence: "the world comes to rest", detail });
		}
		await settled();
		if (this.lives.end()) await settled();
		for (const process of this.lives.processes) process.noteEnd();
		if (this.faults.has("rollback")) this.moments.keep(this.#resources);
	}

	#fail(violation: Violation): void {
		this.#failure ??= violation;
	}

	/** Fires the waits of a process that are due, each after what the one before has set going. */
	async fireDue(process: WorldProcess): Promise<void> {
		const due = [...process.waits].filter(({ dueMs }) => dueMs <= this.time.nowMs).length;
		for (let count = 0; count < due; count++) {
			const wait = earliest(process.waits);
			if (!wait || wait.dueMs > this.time.nowMs) return;
			process.history.add("~");
			wait.fire();
			await settled();
		}
	}

	rollBack(changes: number): void {
		this.moments.goBack(changes);
		this.#monitor.hear({ type: "rollback" });
	}

	/** Equal for worlds in which the same can happen from here on. */
	key(): string {
		const parts = [
			this.time.nowMs,
			this.faults.key(),
			this.#monitor.key(),
			...this.#resources.map((resource) => resource.key()),
			...this.lives.processes.map((process) => `${process.name} ${process.key()}`),
			...this.queues.map((queue) => queue.key()),
			this.network.key(),
			this.events.key(),
			this.faults.has("rollback") ? this.moments.key() : "",
		];
		return keyOf(parts.join("\u0000"));
	}

	/** Nothing of this run goes on. */
	close(): void {
		for (const process of this.lives.processes) process.die();
	}

	#note(actor: string, name: string, data: unknown): void {
		this.#monitor.hear({ type: "note", process: actor, name, data });
		this.tracer?.note(actor, name, data);
	}
}

const describe = (error: unknown): string =>
	error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : tellingText(error);
