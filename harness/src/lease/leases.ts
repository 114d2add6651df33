// The leases of one store: acquire a session, look at it, break or forget it, and find those that were left behind.

import { type AcquireContext, acquireGrant, type Grant } from "./acquire.ts";
import type { AtomicStore } from "./atomic-store.ts";
import { callUntilAnswered } from "./bounded-call.ts";
import { hasCode, SessionLeaseError } from "./errors.ts";
import { EpochHints } from "./hints.ts";
import { Lease } from "./lease.ts";
import type { ObserveLease } from "./observe.ts";
import {
	type AcquireOptions,
	checkOptions,
	checkSessionId,
	checkWaitMs,
	DEFAULTS,
	type HoldOptions,
	type HoldSettings,
	holdSettings,
	type LeasePorts,
	type LeasesOptions,
} from "./options.ts";
import { decodeOutbox } from "./outbox.ts";
import { delayBeforeNext } from "./poll-delay.ts";
import { parseRecord } from "./record.ts";
import { decodeValue, type StandardSchema } from "./schema.ts";
import { describeSession, needsWake, type SessionReport } from "./session-report.ts";
import { untilAborted } from "./until-aborted.ts";
import { sendWake, type Wake } from "./wake.ts";

export interface WakeOptions {
	/** Wakes the session, by a message on the queue. Without it nobody is told: the queue has to retry the losers. */
	readonly wake?: Wake;
}

export interface SweepReport {
	/** Sessions that were woken. */
	readonly woken: readonly string[];
	/** Sessions that need a look: their record is not readable, or their wake could not be sent. */
	readonly failed: readonly { readonly sessionId: string; readonly error: unknown }[];
}

export interface Leases<T> {
	/**
	 * Acquires the session, or turns the caller away before any of its code ran.
	 * @throws LeaseHeldError (`lease_held`), OutcomeUnknownError (`outcome_unknown`), TransientError
	 * (`acquire_exhausted`): let the queue deliver again.
	 * @throws StoreAnswerError (`record_invalid`, `store_answer_invalid`), SessionLeaseError (`value_invalid`,
	 * `option_invalid`): the value stays as it was, and trying again will not help.
	 */
	acquire(sessionId: string, options?: AcquireOptions): Promise<Lease<T>>;
	/** What the record says now; a look, on which nothing may be decided. */
	inspect(sessionId: string): Promise<SessionReport>;
	/**
	 * Takes a session from its holder before the deadline, with the reason recorded as the owner, and releases it, owed
	 * a wake. Answers false, and does nothing, if it was released or never held. The old holder is fenced: its writes are void.
	 */
	break(sessionId: string, reason: string, options?: WakeOptions): Promise<boolean>;
	/** Drops the session's value. Its epoch stays, so that nothing late can come back. Rejects as `acquire` does. */
	forget(sessionId: string): Promise<void>;
	/**
	 * Wakes every session that is owed a wake or whose holder is past its deadline: when a worker starts, and after
	 * dead letters. @throws SessionLeaseError (`store_cannot_list`)
	 */
	sweep(options: { readonly wake: Wake }): Promise<SweepReport>;
}

interface Setup<T> {
	readonly store: AtomicStore;
	readonly ports: LeasePorts;
	readonly hints: EpochHints;
	readonly observe: ObserveLease;
	readonly schema: StandardSchema<T> | undefined;
	readonly settings: HoldSettings;
	readonly callTimeoutMs: number | undefined;
}

/** Leases over the given ports. @throws SessionLeaseError (`option_invalid`) */
export function createLeasesOver<T>(ports: LeasePorts, options: LeasesOptions<T>): Leases<T> {
	const settings = checkOptions(options as LeasesOptions<never>);
	const { store, schema, hintsMax = DEFAULTS.hintsMax, callTimeoutMs } = options;
	const observe: ObserveLease = (event) => {
		try {
			options.observe?.(event);
		} catch {
			// Whoever looks on decides nothing, not even by failing.
		}
	};
	const hints = new EpochHints(hintsMax);
	const setup: Setup<T> = { store, ports, hints, observe, schema, settings, callTimeoutMs };
	return {
		acquire: (sessionId, own = {}) => acquire(setup, sessionId, own),
		inspect: (sessionId) => inspect(setup, sessionId),
		break: (sessionId, reason, own = {}) => breakLease(setup, sessionId, reason, own),
		forget: (sessionId) => forget(setup, sessionId),
		sweep: (own) => sweep(setup, own.wake),
	};
}

async function acquire<T>(setup: Setup<T>, sessionId: string, options: AcquireOptions): Promise<Lease<T>> {
	checkSessionId(sessionId);
	const { clock, retry } = setup.ports;
	const { signal } = options;
	const waitMs = checkWaitMs(options.waitMs);
	const settings = holdSettings(setup.settings, setup.callTimeoutMs, options);
	const waitsUntilMs = clock.monotonicMs() + waitMs;
	const context = acquireContext(setup, sessionId, settings);
	const attempts: AcquireContext = {
		...context,
		...(signal ? { signal } : {}),
		marksBounce: () => clock.monotonicMs() >= waitsUntilMs,
	};
	const win = async () => {
		const grant = await retry(() => acquireGrant(attempts), {
			...(signal ? { signal } : {}),
			delayMs: (error, attempt) =>
				delayBeforeNext(error, waitsUntilMs - clock.monotonicMs(), { attempt, id: context.id }),
		});
		return load(setup, attempts, grant);
	};
	return signal ? untilAborted(win, signal, (lease) => void lease.abandon()) : win();
}

function acquireContext<T>(setup: Setup<T>, sessionId: string, settings: HoldSettings): AcquireContext {
	const id = setup.ports.newId();
	if (!LEASE_ID.test(id)) {
		const message = `Expected \`newId\` to answer letters, digits, _ and -, got ${JSON.stringify(id)}.`;
		throw new SessionLeaseError("option_invalid", message);
	}
	return { ...setup, sessionId, id, settings, marksBounce: () => true, breaks: 0 };
}

const LEASE_ID = /^[\w-]{1,100}$/;

/** The granted lease with its value; a value that does not load leaves the lease to the next one. */
async function load<T>(setup: Setup<T>, context: AcquireContext, grant: Grant): Promise<Lease<T>> {
	const { sessionId, id, settings } = context;
	const { text = "", outbox = "" } = grant.standing ?? {};
	const leaseContext = { ...setup, sessionId, id, settings };
	try {
		const value = await decodeValue(sessionId, text, setup.schema);
		return new Lease(leaseContext, grant, { value, outbox: decodeOutbox(sessionId, outbox) });
	} catch (error) {
		await new Lease(leaseContext, grant, { value: undefined, outbox: [] }).abandon();
		throw error;
	}
}

async function inspect<T>(setup: Setup<T>, sessionId: string): Promise<SessionReport> {
	checkSessionId(sessionId);
	const { store, ports, settings } = setup;
	const giveUpAtMs = ports.clock.monotonicMs() + settings.ttlMs;
	const answer = await callUntilAnswered(ports, () => store.read(sessionId), { ...settings, giveUpAtMs });
	return describeSession(sessionId, parseRecord(sessionId, answer.fields), {
		wallMs: ports.clock.wallMs(),
		skewMs: settings.skewMs,
	});
}

async function breakLease<T>(
	setup: Setup<T>,
	sessionId: string,
	reason: string,
	options: WakeOptions,
): Promise<boolean> {
	if (typeof reason !== "string" || reason === "") {
		throw new SessionLeaseError("option_invalid", "Expected `reason` to say why the lease is broken.");
	}
	const before = await inspect(setup, sessionId);
	if (before.state === "new" || before.state === "free") return false;
	try {
		const { lease, grant } = await acquireRaw(setup, sessionId, { owner: reason }, before.epoch);
		// It was released meanwhile: there was nothing to break.
		await lease.release({ owed: grant.takeover || lease.owed });
		if (grant.takeover && options.wake) await sendWake(options.wake, sessionId);
		return grant.takeover;
	} catch (error) {
		// Somebody else holds it by now, not whom one wanted to be rid of.
		if (hasCode(error, "lease_held")) return false;
		throw error;
	}
}

async function forget<T>(setup: Setup<T>, sessionId: string): Promise<void> {
	checkSessionId(sessionId);
	const { lease } = await acquireRaw(setup, sessionId, {}, 0);
	await lease.forget();
}

/** A lease whose value is not looked at: for what has to work whatever the value is. */
async function acquireRaw<T>(
	setup: Setup<T>,
	sessionId: string,
	own: HoldOptions,
	breaks: number,
): Promise<{ readonly lease: Lease<unknown>; readonly grant: Grant }> {
	const settings = holdSettings(setup.settings, setup.callTimeoutMs, own);
	const context = { ...acquireContext(setup, sessionId, settings), breaks };
	const grant = await acquireGrant(context);
	const lease = new Lease<unknown>({ ...context, schema: undefined }, grant, {
		value: undefined,
		outbox: [],
	});
	return { lease, grant };
}

async function sweep<T>(setup: Setup<T>, wake: Wake): Promise<SweepReport> {
	const { store, ports, settings } = setup;
	if (!store.list) {
		throw new SessionLeaseError(
			"store_cannot_list",
			"This store cannot list its records, which a sweep needs.",
		);
	}
	const woken: string[] = [];
	const failed: { sessionId: string; error: unknown }[] = [];
	for await (const listed of store.list()) {
		const { key } = listed;
		try {
			if ("error" in listed) throw listed.error;
			const { fields } = listed;
			const now = { wallMs: ports.clock.wallMs(), skewMs: settings.skewMs };
			if (!needsWake(describeSession(key, parseRecord(key, fields), now))) continue;
			await sendWake(wake, key);
			woken.push(key);
		} catch (error) {
			failed.push({ sessionId: key, error });
		}
	}
	return { woken, failed };
}
