// A server that goes away in the middle of a call: what nobody knows is told as unknown, and what is told is so.
import type { AtomicStore, FieldOp, Fields } from "../../lease/atomic-store.ts";
import { createLeases } from "../../system/leases.ts";
import { realWait } from "../../system/real-time.ts";
import { within } from "../../system/within.ts";
import { type Outcome, outcomeOf, readInTheEnd, updateInTheEnd } from "../outcome.ts";
import type { Relay } from "../relay.ts";
import type { Suite, World } from "../suite.ts";

const KEY = "session";
const COUNT: readonly FieldOp[] = [{ op: "increment", field: "n", by: 1 }];
/** How long a call may take that the server has received. */
const ARRIVES_MS_MAX = 5_000;
/** How long a client may take to end a call whose connection is gone; some send it again instead. */
const ENDS_MS = 500;
/** How long a client may take to connect again. */
const RECONNECTS_MS_MAX = 15_000;

export function serverGone(suite: Suite): void {
	const { expect } = suite;
	const told = async (work: (client: AtomicStore, relay: Relay) => Promise<string>, world: World) => {
		const client = await world.connect();
		await client.update(KEY, COUNT);
		expect(await work(client, relayOf(world))).toEqual(TRUE);
	};
	const cannot = async ({ opened }: World) => expect(typeof opened.relay).toEqual("undefined");
	const ifItHasOne = (title: string, work: (client: AtomicStore, relay: Relay) => Promise<string>) =>
		suite.ifIt("server", title, {
			can: (world) => told(work, world),
			cannot: async (world) => void (await cannot(world)),
		});

	ifItHasOne("tells a batch whose answer was lost as unknown, unless it was sent again", answerLost);
	ifItHasOne("tells a batch that could not be sent as it is: not applied, or unknown", notSent);
	ifItHasOne("goes on with the same client when the server is back", async (client, relay) => {
		relay.drop();
		await outcomeWithin(client.update(KEY, COUNT), ENDS_MS);
		relay.restore();
		const isBack = await within(
			realWait,
			RECONNECTS_MS_MAX,
			readInTheEnd(client, KEY).then(() => undefined),
		);
		return isBack ? TRUE : `the client has not reconnected after ${RECONNECTS_MS_MAX} ms`;
	});

	suite.ifIt("server", "lets a lease tell the truth over a connection that is cut", {
		async can(world) {
			const relay = relayOf(world);
			const ports = { ttlMs: 5_000, callTimeoutMs: 300, skewMs: 0 };
			const leases = createLeases<string>({ store: await world.connect(), owner: "cut off", ...ports });
			const lease = await leases.acquire("leased");
			relay.holdAnswers();
			const release = outcomeOf(lease.release({ value: "new" }));
			await untilHeld(relay);
			relay.drop();
			relay.restore();
			const outcome = await release;
			const next = await leases.acquire("leased", { waitMs: RECONNECTS_MS_MAX });
			const value = next.value ?? "none";
			await next.release();
			if ("answer" in outcome) expect(value).toEqual("new");
			else expect([value === "new" || value === "none", "unknown" in outcome]).toEqual([true, true]);
		},
		cannot: async (world) => void (await cannot(world)),
	});
}

const TRUE = "what was told is so";

/** The request arrives, is carried out and answered; the answer does not arrive. */
async function answerLost(client: AtomicStore, relay: Relay): Promise<string> {
	relay.holdAnswers();
	const call = outcomeOf(client.update(KEY, COUNT));
	await untilHeld(relay);
	relay.drop();
	await realWait(ENDS_MS);
	relay.restore();
	return verdict(await outcomeWithin(call, RECONNECTS_MS_MAX), await countOf(client), { applied: true });
}

/** Nobody listens. */
async function notSent(client: AtomicStore, relay: Relay): Promise<string> {
	relay.drop();
	const early = await outcomeWithin(outcomeOf(client.update(KEY, COUNT)), ENDS_MS * 2);
	if ("answer" in early) return "it was answered, though there was no server";
	relay.restore();
	// What was kept back and told as not applied would come before this one.
	await updateWhenBack(client);
	return verdict(early, (await countOf(client)) - 1, { applied: false });
}

/** The count was 1 before the call; it is applied twice if the client sends it again. */
function verdict(
	outcome: Outcome<Fields>,
	count: number,
	{ applied }: { readonly applied: boolean },
): string {
	if ("answer" in outcome) {
		const before = Number(outcome.answer.n ?? 0);
		const isSo = before === count - 1 || (before === 1 && count >= 2);
		return isSo ? TRUE : `it was answered that ${before} was there before, and it is ${count} now`;
	}
	if ("unknown" in outcome) {
		if (applied) return count >= 1 && count <= 3 ? TRUE : `the count is ${count} after one call`;
		return count >= 1 && count <= 2 ? TRUE : `the count is ${count} after one call`;
	}
	if (count === 1) return TRUE;
	return `it was told as certainly not applied (${outcome.certainlyNot}), and it was applied: the count is ${count}`;
}

async function countOf(client: AtomicStore): Promise<number> {
	return Number((await readInTheEnd(client, KEY)).n ?? 0);
}

/** Once more, when the server is back: what was kept back by then has been sent before it. */
async function updateWhenBack(client: AtomicStore): Promise<void> {
	await readInTheEnd(client, KEY);
	await updateInTheEnd(client, KEY, COUNT);
}

/** A call that never ends has no outcome: the lease has limits of its own for that. */
async function outcomeWithin<T>(call: Promise<Outcome<T> | T>, limitMs: number): Promise<Outcome<T>> {
	let outcome: Outcome<T> = { unknown: `not settled after ${limitMs} ms` };
	const settled = call.then(
		(ended) => {
			outcome = isOutcome(ended) ? ended : { answer: ended };
		},
		() => undefined,
	);
	await within(realWait, limitMs, settled);
	return outcome;
}

function isOutcome<T>(ended: Outcome<T> | T): ended is Outcome<T> {
	if (typeof ended !== "object" || ended === null) return false;
	return "answer" in ended || "unknown" in ended || "certainlyNot" in ended;
}

async function untilHeld(relay: Relay): Promise<void> {
	for (let waitedMs = 0; relay.heldBytes() === 0; waitedMs += 5) {
		if (waitedMs > ARRIVES_MS_MAX)
			throw new Error("The request has not been answered: no answer came to the relay.");
		await realWait(5);
	}
}

function relayOf({ opened }: World): Relay {
	if (opened.relay) return opened.relay;
	throw new Error(
		"`open` answers no `relay`, through which all clients reach the server (see `startRelay`).",
	);
}
