// A queue that delivers at least once: to whom, and when, are decisions; out of order is a fault.
import { hasCode, isTransientError, type LeaseHeldError } from "../lease/errors.ts";
import { WorldProcess } from "./process.ts";
import type { Process } from "./scenario.ts";

export interface QueueOptions {
	/**
	 * How often a message that was turned away (`lease_held`) is delivered again while its holder may live. After that it
	 * is dropped if its holder gives the lease back, as by a queue whose retries are used up, and delivered once more
	 * after the deadline of one that does not: that much the library asks of a queue.
	 * @default 0: losers never retry
	 */
	readonly loserRetries?: number;
	/** After how long a message whose handler rejected is delivered again, in milliseconds; 0: at any time. @default 1_000 */
	readonly backoffMs?: number;
	/** How many messages one process handles at once. @default 1 */
	readonly concurrency?: number;
	/** How often one message is delivered at most before that counts as never coming to rest. @default 20 */
	readonly deliveriesMax?: number;
}

export interface Queue {
	/** Has the process handle messages. What rejects comes again. */
	serve(process: Process, handle: (message: unknown) => Promise<unknown>): void;
	/** Puts a message in: a call of the process. */
	send(process: Process, message: unknown): Promise<void>;
	/** Puts a message in when the world is set up. */
	put(message: unknown): void;
}

export interface Message {
	readonly number: number;
	readonly text: string;
	deliveries: number;
	bounces: number;
	/** Turned away by this lease: dropped if that is given back. */
	lease?: string;
	/** Why its last delivery failed. */
	failure?: string;
	/** Not to be delivered before that moment. */
	dueMs: number;
}

export class WorldQueue implements Queue {
	readonly name: string;
	readonly waiting: Message[] = [];
	readonly delivering: Map<Message, WorldProcess> = new Map();
	readonly #options: Required<QueueOptions>;
	readonly #servers = new Map<WorldProcess, (message: unknown) => Promise<unknown>>();
	readonly #nowMs: () => number;
	readonly #givenBack = new Set<string>();
	#count = 0;

	constructor(name: string, options: QueueOptions, nowMs: () => number) {
		this.name = name;
		this.#options = { loserRetries: 0, backoffMs: 1_000, concurrency: 1, deliveriesMax: 20, ...options };
		this.#nowMs = nowMs;
	}

	serve(process: Process, handle: (message: unknown) => Promise<unknown>): void {
		if (!(process instanceof WorldProcess)) {
			throw new TypeError(
				`Expected a process of this world to serve the queue ${this.name}, as it was given.`,
			);
		}
		process.serves = true;
		this.#servers.set(process, handle);
	}

	send(process: Process, message: unknown): Promise<void> {
		const text = JSON.stringify(message);
		return process.call(`sends ${text}`, () => this.put(JSON.parse(text)), { to: this.name });
	}

	put(message: unknown): void {
		this.waiting.push({
			number: ++this.#count,
			text: JSON.stringify(message),
			deliveries: 0,
			bounces: 0,
			dueMs: 0,
		});
	}

	/** Processes that could take a message now; of those that are alike, the first. */
	servers(): WorldProcess[] {
		let hasIdle = false;
		return [...this.#servers.keys()].sort(byName).filter(({ status, plan, messages, handling }) => {
			if (status !== "live" || handling >= this.#options.concurrency) return false;
			if (!plan.perMessage) return true;
			if (messages > 0 || hasIdle) return false;
			hasIdle = true;
			return true;
		});
	}

	/** Messages that can be delivered now, oldest first. */
	deliverable(): Message[] {
		return this.waiting.filter(({ dueMs }) => dueMs <= this.#nowMs());
	}

	/** The next moment at which a message that was turned away is delivered again. */
	nextDueMs(): number | undefined {
		const due = this.waiting.map(({ dueMs }) => dueMs).filter((dueMs) => dueMs > this.#nowMs());
		return due.length > 0 ? Math.min(...due) : undefined;
	}

	/** @throws Error if it was delivered more often than its limit. */
	deliver(message: Message, process: WorldProcess, keeps: boolean): void {
		const handle = this.#servers.get(process);
		if (!handle) throw new Error(`Expected a server of the queue ${this.name}, got ${process.name}.`);
		if (++message.deliveries > this.#options.deliveriesMax) {
			const why = message.failure === undefined ? "" : `: ${message.failure}`;
			throw new Error(`The queue ${this.name} delivers ${message.text} for ever${why}`);
		}
		const { number, text, deliveries, bounces } = message;
		const copy: Message = { number, text, deliveries, bounces, dueMs: 0 };
		if (!keeps) this.waiting.splice(this.waiting.indexOf(message), 1);
		this.delivering.set(copy, process);
		process.history.add(`message ${message.text}`);
		process.messages++;
		process.handling++;
		process.active++;
		handle(JSON.parse(message.text)).then(
			() => this.#ended(copy, process),
			(error: unknown) => this.#rejected(copy, process, error),
		);
	}

	#rejected(message: Message, process: WorldProcess, error: unknown): void {
		if (!this.#ended(message, process)) return;
		if (!isTransientError(error)) process.note("message_failed", String(error));
		message.failure = String(error);
		message.dueMs = this.#nowMs() + this.#options.backoffMs;
		if (hasCode(error, "lease_held") && ++message.bounces > this.#options.loserRetries) {
			const { sessionId, epoch, retryAfterMs } = error as LeaseHeldError;
			message.lease = leaseKey(sessionId, epoch);
			if (this.#givenBack.has(message.lease)) return;
			message.dueMs = this.#nowMs() + retryAfterMs;
		}
		this.waiting.push(message);
	}

	/** The handler has ended. Answers whether the queue hears of it: not of a process that is dead by then. */
	#ended(message: Message, process: WorldProcess): boolean {
		if (process.status === "dead" || process.dies) return false;
		process.ended();
		process.handling--;
		return this.delivering.delete(message);
	}

	/** A lease was given back: a queue whose retries are used up has dropped those that it turned away. */
	givenBack(sessionId: string, epoch: number): void {
		const lease = leaseKey(sessionId, epoch);
		this.#givenBack.add(lease);
		this.#remove((message) => message.lease === lease);
	}

	/** What a process that died was working on comes again. */
	gone(process: WorldProcess): void {
		this.#servers.delete(process);
		for (const [message, server] of this.delivering) {
			if (server !== process) continue;
			this.delivering.delete(message);
			this.waiting.push(message);
		}
	}

	giveUp(message: Message): void {
		this.#remove((it) => it === message);
	}

	#remove(isGone: (message: Message) => boolean): void {
		const left = this.waiting.filter((message) => !isGone(message));
		this.waiting.splice(0, this.waiting.length, ...left);
	}

	key(): string {
		const waiting = this.waiting.map(({ text, deliveries, bounces, lease, dueMs }) =>
			JSON.stringify([text, deliveries, bounces, lease, dueMs]),
		);
		const delivering = [...this.delivering].map(
			([{ text, deliveries, bounces }, { name }]) => `${text} ${deliveries} ${bounces} ${name}`,
		);
		return `${this.name} ${waiting.join()} ${delivering.sort().join()} ${[...this.#givenBack].sort().join()}`;
	}
}

const leaseKey = (sessionId: string, epoch: number): string => `${sessionId}/${epoch}`;
const byName = (a: WorldProcess, b: WorldProcess): number => (a.plan.name < b.plan.name ? -1 : 1);
