// What can go wrong in a world, and how often at most.

/**
 * Each is a decision of its own, taken out of a budget.
 * - `crash`: a process dies before a request was applied (it may still land, at any later moment, or never), after it was
 *   applied and before the reply, or after the reply. Nothing of it runs again, no `finally`, no timer.
 * - `lostReply`: a request is applied, and its caller hears that nobody knows.
 * - `delay`: a request lands at any later moment, or never, and its caller hears that nobody knows.
 * - `twice`: a request is applied, and once more at any later moment, or never.
 * - `expiry`: all clocks jump by `expiryMs`; whoever waited for a time that has passed goes on, in any order.
 * - `skew`: a process starts with a wall clock that is ahead by `skewMs`.
 * - `pause`: a process stands still, as in a long garbage collection, while the clocks jump by `expiryMs` and everybody
 *   else goes on. What it had sent may be applied meanwhile; it hears of it when it wakes up, at any later moment.
 * - `redelivery`: a queue delivers a message once more than it has to.
 * - `reorder`: a queue delivers a message before an older one.
 * - `exhausted`: a queue gives a failed message up instead of delivering it again.
 * - `rollback`: the store is what it was at an earlier moment: it forgets what it has acknowledged since.
 * - `lostTrigger`: a trigger never fires.
 */
export const FAULT_KINDS = [
	"crash",
	"lostReply",
	"delay",
	"twice",
	"expiry",
	"skew",
	"pause",
	"redelivery",
	"reorder",
	"exhausted",
	"rollback",
	"lostTrigger",
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** How often each kind may happen in one schedule. @default 0 */
export type FaultBudgets = Readonly<Partial<Record<FaultKind, number>>>;

/** What is left of the budgets in one run. */
export class FaultsLeft {
	readonly #left = new Map<FaultKind, number>();

	constructor(budgets: FaultBudgets) {
		for (const kind of FAULT_KINDS) {
			const count = budgets[kind] ?? 0;
			if (count > 0) this.#left.set(kind, count);
		}
	}

	has(kind: FaultKind): boolean {
		return (this.#left.get(kind) ?? 0) > 0;
	}

	/** Nothing can go wrong any more. */
	get isEmpty(): boolean {
		for (const count of this.#left.values()) if (count > 0) return false;
		return true;
	}

	/** One less is left of this kind. */
	take(kind: FaultKind): void {
		this.#left.set(kind, (this.#left.get(kind) ?? 0) - 1);
	}

	/** The same text for the same budgets. */
	key(): string {
		return [...this.#left.values()].join(",");
	}
}
