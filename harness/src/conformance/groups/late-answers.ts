// Answers that come when their client has given up on them: what it said meanwhile is so, and no other call gets them.
import type { AtomicStore, Fields } from "../../lease/atomic-store.ts";
import { realWait } from "../../system/real-time.ts";
import { within } from "../../system/within.ts";
import { longestCallMs } from "../call-time.ts";
import { type Outcome, outcomeOf, readInTheEnd, updateInTheEnd } from "../outcome.ts";
import { patient } from "../patient-client.ts";
import type { Suite, World } from "../suite.ts";
import {
	COUNT,
	countOf,
	KEY,
	outcomeWithin,
	RECONNECTS_MS_MAX,
	relayOf,
	TRUE,
	updateUntilHeld,
	verdict,
} from "../through-relay.ts";

/** Time limits of clients begin at a second or two; those of five are found by the long kit. */
const HELD_MS = { short: 2_200, long: 6_000 } as const;
const OTHER_KEYS = ["first", "second", "third"];
/** For a call to be sent and its answer to be held as well, besides twice what a call takes. */
const ARRIVES_MS = 50;

export function lateAnswers(suite: Suite): void {
	suite.ifIt("server", "tells the truth of a call that it gave up on, and keeps its answer from later ones", {
		can: async (world) => {
			const heldMs = suite.scale > 1 ? HELD_MS.long : HELD_MS.short;
			suite.expect(await afterLateAnswer(world, heldMs)).toEqual(TRUE);
		},
		cannot: async ({ opened }) => void suite.expect(typeof opened.relay).toEqual("undefined"),
	});
}

/** Held until the client gives up, and no longer than `heldMs`: one that waits longer gets its answer, and is right. */
async function afterLateAnswer(world: World, heldMs: number): Promise<string> {
	const relay = relayOf(world);
	const [client, watcher] = [await world.connectBare(), await world.connectBare()];
	const callMs = await longestCallMs(patient(client));
	await updateInTheEnd(client, KEY, COUNT);
	for (const key of OTHER_KEYS) {
		await updateInTheEnd(client, key, [{ op: "set", field: "name", value: key }]);
	}
	relay.holdAnswers();
	const { outcome } = await updateUntilHeld(client, relay);
	await within(
		realWait,
		heldMs,
		outcome.then(() => undefined),
	);
	// Where answers belong to calls by their place alone, the late one now finds another call that waits.
	const waiting = OTHER_KEYS.map((key) => outcomeOf(client.read(key)));
	await realWait(ARRIVES_MS + 2 * callMs);
	relay.restore();
	const told = [];
	for (const [index, call] of waiting.entries()) {
		told.push(ownAnswer(OTHER_KEYS[index] as string, await outcomeWithin(call, RECONNECTS_MS_MAX)));
	}
	told.push(
		verdict(await outcomeWithin(outcome, RECONNECTS_MS_MAX), await countOf(watcher), { applied: true }),
	);
	told.push(...(await laterCalls(client)));
	return told.find((one) => one !== TRUE) ?? TRUE;
}

async function laterCalls(client: AtomicStore): Promise<string[]> {
	const told = [];
	for (const key of OTHER_KEYS) told.push(ownAnswer(key, { answer: await readInTheEnd(client, key) }));
	return told;
}

/** Not to be answered is no lie: the client may have given up its connection, and all that was under way with it. */
function ownAnswer(key: string, outcome: Outcome<Fields>): string {
	if (!("answer" in outcome) || outcome.answer.name === key) return TRUE;
	return `the record "${key}" was read, and answered with what is not in it: ${JSON.stringify(outcome.answer)}`;
}
