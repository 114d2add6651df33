// The lease on top of the store: granted to one at a time, taken over from the dead, and never written by the late.
import type { AtomicStore } from "../../lease/atomic-store.ts";
import { type ErrorCode, hasCode, type LeaseHeldError } from "../../lease/errors.ts";
import type { Lease } from "../../lease/lease.ts";
import type { Leases } from "../../lease/leases.ts";
import { createLeases } from "../../system/leases.ts";
import { realWait } from "../../system/real-time.ts";
import { longestCallMs } from "../call-time.ts";
import { losing, repeating, stalling } from "../lossy-store.ts";
import { refusalOf } from "../outcome.ts";
import { removeFields, shownOfRemoved } from "../removed-fields.ts";
import type { Suite, World } from "../suite.ts";

const SESSION = "session";
/** A TTL that is waited for is short, but no shorter than this … */
const SHORT_TTL_MS = 600;
/** … and so long that there is room for so many calls. */
const CALLS_IN_TTL = 8;
/** Nobody waits for the end of this one. */
const LONG_TTL_MS = 60_000;
/** How long a takeover is waited for: a slow machine is no violation. */
const WAIT_MS = 20_000;

interface Settings {
	readonly ttlMs?: number;
	readonly callTimeoutMs?: number;
}

const leasesOn = (store: AtomicStore, owner: string, settings: Settings = {}): Leases<string> =>
	createLeases<string>({ store, owner, ttlMs: LONG_TTL_MS, skewMs: 0, ...settings });

const CASES: readonly (readonly [title: string, (world: World, suite: Suite) => Promise<void>])[] = [
	["hands the value from one holder to the next, epoch after epoch", handsOn],
	["turns away whoever finds it held, and counts them for the holder", turnsAway],
	["goes at once to the next one when it was abandoned", goesOnAfterAbandon],
	["is taken over from one who stopped, whose late requests then change nothing", isTakenOver],
	["stays with one who works for longer than its TTL", staysWithOne],
	["bears that requests and answers are lost", bearsLoss],
	["bears that requests arrive once more, late and in another order", bearsRepetition],
	["can be broken and forgotten from outside", isBrokenAndForgotten],
	["refuses a session whose record it could not keep apart", refusesSession],
];

export function wholeLease(suite: Suite): void {
	const { expect } = suite;
	for (const [title, run] of CASES) suite.promises(title, (world) => run(world, suite));

	suite.ifIt("lists", "finds the sessions whose holders are gone", {
		async can(world) {
			const { first, second } = await two(world);
			await (await first.acquire("released")).release({ value: "v" });
			await (await first.acquire("held")).write("v");
			await (await first.acquire("abandoned")).abandon();
			const woken: string[] = [];
			const report = await second.sweep({ wake: async (sessionId) => void woken.push(sessionId) });
			expect([woken, report.failed]).toEqual([["abandoned"], []]);
		},
		async cannot(world) {
			const { first } = await two(world);
			const code = await codeOf(first.sweep({ wake: async () => undefined }));
			expect(code).toEqual("store_cannot_list");
		},
	});
}

/** Two processes on one store. */
async function two({ connect }: World, settings?: Settings) {
	const [first, second] = [await connect(), await connect()];
	return { first: leasesOn(first, "first", settings), second: leasesOn(second, "second", settings) };
}

async function handsOn(world: World, { expect }: Suite): Promise<void> {
	const { first, second } = await two(world);
	const seen = [];
	for (const [leases, value] of [
		[first, "a"],
		[second, "b"],
		[first, "c"],
		[first, "d"],
	] as const) {
		const lease = await leases.acquire(SESSION);
		seen.push([lease.epoch, lease.value]);
		await lease.release({ value });
	}
	const { epoch, state, valueText } = await second.inspect(SESSION);
	expect([...seen, epoch, state, valueText]).toEqual([
		[1, undefined],
		[2, "a"],
		[3, "b"],
		[4, "c"],
		4,
		"free",
		'"d"',
	]);
}

async function turnsAway(world: World, { expect }: Suite): Promise<void> {
	const { first, second } = await two(world);
	const lease = await first.acquire(SESSION);
	const rejections = [await heldBy(second), await heldBy(second)];
	const turnedAway = await lease.release();
	expect([rejections, turnedAway]).toEqual([
		[
			[1, "first"],
			[1, "first"],
		],
		2,
	]);
	expect((await second.acquire(SESSION)).epoch).toEqual(2);
}

async function goesOnAfterAbandon(world: World, { expect }: Suite): Promise<void> {
	const { first, second } = await two(world);
	const lease = await first.acquire(SESSION);
	await lease.write("kept");
	await lease.abandon();
	const next = await second.acquire(SESSION);
	expect([next.epoch, next.value, next.owed]).toEqual([2, "kept", true]);
	await next.release();
}

/** Of a TTL that is waited for, on a store of any speed: a call may take twice as long before a copy is sent. */
async function shortLived(store: AtomicStore): Promise<Required<Settings>> {
	const ttlMs = Math.max(SHORT_TTL_MS, CALLS_IN_TTL * (await longestCallMs(store)));
	return { ttlMs, callTimeoutMs: Math.floor(ttlMs / 4) };
}

async function isTakenOver({ connect }: World, { expect }: Suite): Promise<void> {
	const store = await connect();
	const slow = stalling(store);
	const first = leasesOn(slow, "first", await shortLived(store));
	const second = leasesOn(await connect(), "second");
	const lease = await first.acquire(SESSION);
	await lease.write("of the first", { outbox: [{ id: "e1", event: "told" }] });
	slow.stall();
	const late = codeOf(lease.write("too late"));
	const next = await second.acquire(SESSION, { waitMs: WAIT_MS });
	expect([next.epoch, next.value, next.inherited]).toEqual([
		2,
		"of the first",
		[{ id: "e1", event: "told" }],
	]);
	slow.goOn();
	expect(await late).toEqual("lease_lost");
	await next.release({ value: "of the second", outboxSent: true });
	const { epoch, valueText } = await second.inspect(SESSION);
	expect([epoch, valueText, lease.signal.aborted]).toEqual([2, '"of the second"', true]);
}

async function staysWithOne(world: World, { expect }: Suite): Promise<void> {
	const store = await world.connect();
	const settings = await shortLived(store);
	const { first, second } = await two(world, settings);
	await removeFields(store, []);
	const lease = await first.acquire(SESSION);
	await realWait(1.25 * settings.ttlMs);
	expect([await heldBy(second), lease.signal.aborted]).toEqual([[1, "first"], false]);
	await lease.release({ value: "done" });
	expect((await second.acquire(SESSION)).value).toEqual("done");
	// Here, since it has waited anyway.
	expect(await shownOfRemoved(store, "after a while")).toEqual([]);
}

async function bearsLoss({ connect }: World, { expect, scale }: Suite): Promise<void> {
	const settings = { ttlMs: 30_000, callTimeoutMs: 5_000 };
	const parties = [await connect(), await connect()].map((store, index) =>
		leasesOn(losing(store), `process ${index}`, settings),
	);
	const values = [];
	for (let round = 1; round <= 3 * scale; round++) {
		const lease = await (parties[round % 2] as Leases<string>).acquire(SESSION);
		values.push(lease.value ?? "0");
		await lease.release({ value: String(round) });
	}
	expect(values).toEqual(values.map((_, index) => String(index)));
}

async function bearsRepetition({ connect }: World, { expect }: Suite): Promise<void> {
	const store = repeating(await connect());
	const leases = leasesOn(store, "process");
	for (let round = 1; round <= 3; round++) {
		const lease = await leases.acquire(SESSION);
		await lease.write(`begun ${round}`);
		await lease.release({ value: `done ${round}` });
		await store.repeat();
		const { epoch, valueText, state } = await leasesOn(await connect(), "other").inspect(SESSION);
		expect([epoch, valueText, state]).toEqual([round, `"done ${round}"`, "free"]);
	}
}

async function isBrokenAndForgotten(world: World, { expect }: Suite): Promise<void> {
	const { first, second } = await two(world);
	const lease: Lease<string> = await first.acquire(SESSION);
	await lease.write("old");
	expect(await second.break(SESSION, "it hangs")).toEqual(true);
	expect(await codeOf(lease.write("late"))).toEqual("lease_lost");
	await second.forget(SESSION);
	const next = await first.acquire(SESSION);
	expect([next.epoch, next.value, next.isNew]).toEqual([4, undefined, false]);
	await next.release();
}

async function refusesSession(world: World, { expect }: Suite): Promise<void> {
	const { first } = await two(world);
	expect(await refusalOf(() => first.acquire("half \ud83d"))).toEqual("option_invalid");
}

/** The epoch and the holder that somebody is told who is turned away. */
async function heldBy(leases: Leases<string>): Promise<readonly [number, string] | string> {
	try {
		return `granted epoch ${(await leases.acquire(SESSION)).epoch}`;
	} catch (error) {
		if (!hasCode(error, "lease_held")) throw error;
		const { epoch, holder, retryAfterMs } = error as LeaseHeldError;
		if (!(retryAfterMs >= 1 && retryAfterMs <= LONG_TTL_MS + 1)) return `retry after ${retryAfterMs} ms`;
		return [epoch, holder];
	}
}

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | string> {
	try {
		await work;
		return "no error";
	} catch (error) {
		const { code } = (error ?? {}) as { code?: unknown };
		return typeof code === "string" ? code : String(error);
	}
}
