// A fan-in: many items, and one close when the last of them has settled.
//
// opened --settle--> opened … --the last settle--> closed, for good: its outcomes are final, `join_closed` is sent
// The items are counted under the join's lease, so only one of them is the last, in whatever order they come, however
// often, and with failures among them. Whoever closes it and dies leaves the event in the outbox.
import { SessionLeaseError, TransientError } from "../lease/errors.ts";
import type { OutboxEvent } from "../lease/outbox.ts";
import { type DecideOptions, type DecidePorts, type Decision, decide } from "./decide.ts";
import { expectText, invalid } from "./expect.ts";

/** How an item ended: JSON. */
export interface ItemOutcome {
	readonly ok: boolean;
	/** Small: all of them are one record. */
	readonly detail?: unknown;
}

/** What is kept. */
export interface Join {
	/** By item; null: not settled yet. */
	readonly items: Readonly<Record<string, ItemOutcome | null>>;
}

/** The event of a join that closed, sent under the id `closed`. */
export interface JoinClosed {
	readonly type: "join_closed";
	readonly joinId: string;
	readonly outcomes: Readonly<Record<string, ItemOutcome>>;
}

export interface JoinAnswer {
	/** Items that have not settled. */
	readonly left: number;
	/** Whether this call changed the join: do nothing because of it, what is to be done goes with `join_closed`. */
	readonly changed: boolean;
}

export type JoinPorts = DecidePorts<Join>;

/**
 * Opens a join of these items: before any of them is sent on its way. May be called again; without items it closes at once.
 * @throws SessionLeaseError (`record_exists`): it was opened for other items. Otherwise as `decide` does.
 */
export async function openJoin(
	ports: JoinPorts,
	joinId: string,
	itemIds: readonly string[],
	options?: DecideOptions,
): Promise<JoinAnswer> {
	if (!Array.isArray(itemIds)) throw invalid("itemIds", "a list", itemIds);
	const ids = new Set(itemIds.map((itemId) => expectText("itemIds", itemId)));
	return decide(
		ports,
		joinId,
		(join) => {
			if (!join) return changed(joinId, { items: Object.fromEntries([...ids].map((id) => [id, null])) });
			const known = Object.keys(join.items);
			if (known.length !== ids.size || !known.every((id) => ids.has(id))) {
				throw new SessionLeaseError("record_exists", `Join "${joinId}" was opened for other items.`);
			}
			return unchanged(join);
		},
		options,
	);
}

/**
 * Settles one item. The first outcome of an item stands; another one, also after the close, changes nothing.
 * @throws TransientError (`transient`): the join is not open yet. @throws SessionLeaseError (`option_invalid`): the item
 * is none of the join's, or the outcome has no `ok`. Otherwise as `decide` does.
 */
export async function settleItem(
	ports: JoinPorts,
	joinId: string,
	itemId: string,
	outcome: ItemOutcome,
	options?: DecideOptions,
): Promise<JoinAnswer> {
	// What is no outcome would leave the item out of the join.
	if (typeof outcome?.ok !== "boolean")
		throw invalid("outcome", "an object with `ok`, true or false", outcome);
	return decide(
		ports,
		joinId,
		(join) => {
			if (!join) throw new TransientError(`Join "${joinId}" is not open yet; try again.`);
			if (!Object.hasOwn(join.items, itemId)) {
				const message = `Expected an item of join "${joinId}", got "${itemId}".`;
				throw new SessionLeaseError("option_invalid", message);
			}
			if (join.items[itemId] !== null) return unchanged(join);
			return changed(joinId, { items: { ...join.items, [itemId]: outcome } });
		},
		options,
	);
}

const leftOf = (items: Join["items"]): number =>
	Object.values(items).filter((outcome) => outcome === null).length;

function changed(joinId: string, value: Join): Decision<Join, JoinAnswer> {
	const left = leftOf(value.items);
	return {
		value,
		answer: { left, changed: true },
		...(left === 0 ? { events: [closed(joinId, value)] } : {}),
	};
}

const unchanged = ({ items }: Join): Decision<Join, JoinAnswer> => ({
	answer: { left: leftOf(items), changed: false },
});

function closed(joinId: string, { items }: Join): OutboxEvent {
	const outcomes = items as JoinClosed["outcomes"];
	const event: JoinClosed = { type: "join_closed", joinId, outcomes };
	return { id: "closed", event };
}
