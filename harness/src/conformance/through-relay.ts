// Batches that are sent through a relay which is being spoiled, and whether what was told of them is so.
import type { AtomicStore, FieldOp, Fields } from "../lease/atomic-store.ts";
import { realWait } from "../system/real-time.ts";
import { within } from "../system/within.ts";
import { type Outcome, outcomeOf, readInTheEnd } from "./outcome.ts";
import type { Relay } from "./relay.ts";
import type { World } from "./suite.ts";

export const KEY = "session";
export const COUNT: readonly FieldOp[] = [{ op: "increment", field: "n", by: 1 }];
/** How long a client may take to connect again. */
export const RECONNECTS_MS_MAX = 15_000;
export const TRUE = "what was told is so";
/** How long a call may take that the server has received. */
const ARRIVES_MS_MAX = 5_000;
const LOOK_EVERY_MS = 5;

/** A batch under way whose answer is held back: it has arrived. */
export interface HeldUpdate {
	readonly outcome: Promise<Outcome<Fields>>;
}

/** While answers are held; a busy store may say first that it has certainly not applied it. */
export async function updateUntilHeld(client: AtomicStore, relay: Relay): Promise<HeldUpdate> {
	for (let waitedMs = 0; waitedMs < ARRIVES_MS_MAX; waitedMs += LOOK_EVERY_MS) {
		const outcome = outcomeOf(client.update(KEY, COUNT));
		const ended = await endedBeforeHeld(outcome, relay);
		if (ended === undefined) return { outcome };
		if ("answer" in ended)
			throw new Error("A call was answered while answers were held: it went another way.");
		if ("unknown" in ended) throw new Error(`A call on a good way was not answered: ${ended.unknown}`);
		await realWait(LOOK_EVERY_MS);
	}
	throw new Error("The store has applied nothing: it was too busy each time.");
}

async function endedBeforeHeld<T>(call: Promise<Outcome<T>>, relay: Relay): Promise<Outcome<T> | undefined> {
	let ended: Outcome<T> | undefined;
	void call.then((outcome) => {
		ended = outcome;
	});
	for (let waitedMs = 0; waitedMs <= ARRIVES_MS_MAX; waitedMs += LOOK_EVERY_MS) {
		if (relay.heldBytes() > 0) return undefined;
		if (ended) return ended;
		await realWait(LOOK_EVERY_MS);
	}
	throw new Error("The request has not been answered: no answer came to the relay.");
}

/** Of a call that repeats itself. */
export async function untilHeld(relay: Relay): Promise<void> {
	await endedBeforeHeld(new Promise<never>(() => undefined), relay);
}

/** The count was 1 before the call; it is applied more than once if the client sends it again. */
export function verdict(
	outcome: Outcome<Fields>,
	count: number,
	{ applied }: { readonly applied: boolean },
): string {
	if ("answer" in outcome) {
		const before = Number(outcome.answer.n ?? 0);
		if (before >= 1 && before < count) return TRUE;
		return `it was answered that ${before} was there before, and it is ${count} now`;
	}
	if ("unknown" in outcome) {
		return count >= 1 && (applied || count <= 2) ? TRUE : `the count is ${count} after one call`;
	}
	if (count === 1) return TRUE;
	return `it was told as certainly not applied (${outcome.certainlyNot}), and it was applied: the count is ${count}`;
}

export async function countOf(client: AtomicStore): Promise<number> {
	return Number((await readInTheEnd(client, KEY)).n ?? 0);
}

/** A call that never ends has no outcome: the lease has limits of its own for that. */
export async function outcomeWithin<T>(call: Promise<Outcome<T>>, limitMs: number): Promise<Outcome<T>> {
	let outcome: Outcome<T> = { unknown: `not settled after ${limitMs} ms` };
	const settled = call.then((ended) => {
		outcome = ended;
	});
	await within(realWait, limitMs, settled);
	return outcome;
}

export function relayOf({ opened }: World): Relay {
	if (opened.relay) return opened.relay;
	throw new Error(
		"`open` answers no `relay`, through which all clients reach the server (see `startRelay`).",
	);
}
