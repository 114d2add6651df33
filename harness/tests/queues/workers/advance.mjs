// What every worker process of these tests does with a wake: one step of a session, told in a file as its effect.
//
// One of them is chosen: at one step of one session it commits the step, says "here", and never comes back.

import { randomUUID } from "node:crypto";
import { appendFileSync, writeFileSync } from "node:fs";
import { setTimeout as work } from "node:timers/promises";
import { createLeases, runSerialized, withSessionLease } from "../../../dist/index.js";

/** So long a step takes: others come meanwhile. */
const STEP_MS = 20;

/** As the test has given it. */
export const plan = JSON.parse(process.argv[2]);

export const leasesOn = (store) => createLeases({ store, ttlMs: plan.ttlMs, skewMs: plan.skewMs });

/** The first of all processes that gets there, and only that one. */
function isChosen(sessionId, step) {
	if (sessionId !== plan.held.sessionId || step !== plan.held.step) return false;
	try {
		writeFileSync(plan.held.mark, String(process.pid), { flag: "wx" });
		return true;
	} catch {
		return false;
	}
}

async function takeStep(sessionId, record, commit) {
	appendFileSync(plan.effects, `${sessionId} ${record.step}\n`);
	await work(STEP_MS);
	const next = { step: record.step + 1 };
	if (isChosen(sessionId, record.step)) {
		await commit(next);
		console.log(`here ${process.pid}`);
		await new Promise(() => undefined);
	}
	return next;
}

const machine = {
	stateOf: (record) => String(record.step),
	fail: (record) => record,
	waiting: [],
	terminal: [String(plan.steps)],
};

/** One transition for each wake: `{ sessionId, state }`. */
export function advanceByTransitions(leases, wake) {
	const send = async () => undefined;
	const ports = { machine, leases, wake, send, newId: randomUUID };
	return ({ sessionId, state }) =>
		runSerialized(ports, {
			sessionId,
			state,
			handle: (record, context) => takeStep(sessionId, record, context.checkpoint),
		});
}

/** The same by hand, under the plain lease: a wake is for whatever is next. */
export function advanceUnderLease(leases, wake) {
	const step = async (lease) => {
		if (lease.value.step === plan.steps) return;
		const next = await takeStep(lease.sessionId, lease.value, (record) => lease.write(record));
		await lease.release({ value: next, owed: next.step < plan.steps });
	};
	return ({ sessionId }) => withSessionLease(leases, sessionId, step, { wake: (id) => wake(id, "next") });
}
