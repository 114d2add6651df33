// A server that goes away in the middle of a call: what nobody knows is told as unknown, and what is told is so.
import type { AtomicStore } from "../../lease/atomic-store.ts";
import { createLeases } from "../../system/leases.ts";
import { realWait } from "../../system/real-time.ts";
import { within } from "../../system/within.ts";
import { longestCallMs } from "../call-time.ts";
import { outcomeOf, readInTheEnd, updateInTheEnd } from "../outcome.ts";
import { patient } from "../patient-client.ts";
import type { Relay } from "../relay.ts";
import type { Suite, World } from "../suite.ts";
import {
	COUNT,
	countOf,
	KEY,
	outcomeWithin,
	RECONNECTS_MS_MAX,
	relayOf,
	TRUE,
	untilHeld,
	updateUntilHeld,
	verdict,
} from "../through-relay.ts";

/** How long a client may take to end a call whose connection is gone; some send it again instead. */
const ENDS_MS = 500;

export function serverGone(suite: Suite): void {
	const { expect } = suite;
	const told = async (work: (client: AtomicStore, relay: Relay) => Promise<string>, world: World) => {
		const client = await world.connectBare();
		await updateInTheEnd(client, KEY, COUNT);
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
		await outcomeWithin(outcomeOf(client.update(KEY, COUNT)), ENDS_MS);
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
			const store = await world.connectBare();
			const callMs = await longestCallMs(patient(store));
			const callTimeoutMs = Math.max(300, 2 * callMs);
			const settings = { ttlMs: Math.max(5_000, 4 * callTimeoutMs), callTimeoutMs, skewMs: 0 };
			const leases = createLeases<string>({ store, owner: "cut off", ...settings });
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

/** The request arrives, is carried out and answered; the answer does not arrive. */
async function answerLost(client: AtomicStore, relay: Relay): Promise<string> {
	relay.holdAnswers();
	const { outcome } = await updateUntilHeld(client, relay);
	relay.drop();
	await realWait(ENDS_MS);
	relay.restore();
	return verdict(await outcomeWithin(outcome, RECONNECTS_MS_MAX), await countOf(client), { applied: true });
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

/** Once more, when the server is back: what was kept back by then has been sent before it. */
async function updateWhenBack(client: AtomicStore): Promise<void> {
	await readInTheEnd(client, KEY);
	await updateInTheEnd(client, KEY, COUNT);
}
