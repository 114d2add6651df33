// Whether an engine has what a job needs, asked before anything runs: state, streams, and a queue that delivers.

import type { Wait } from "../lease/clock.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import { openSocket } from "../stores/open-socket.ts";
import { createRetry } from "../system/retry.ts";
import { type Asked, ask } from "../worker/ask.ts";
import { enqueueRefusal } from "../worker/survey-engine.ts";
import { verifyQueue } from "../worker/verify-queue.ts";
import { EngineUnfitError } from "./engine-errors.ts";
import { EVENT_STREAM, LEASE_SCOPE, PLAIN_SCOPE, WAKE_QUEUE } from "./job-engine.ts";

export interface CheckEngineOptions {
	/** As people are told. */
	readonly url: string;
	readonly sessionId: string;
	/** Of this job alone: ends the id of the function that is tried. */
	readonly nameSuffix: string;
	readonly wait: Wait;
	readonly newId: () => string;
}

/** An engine may be starting just now, and its state a little after it. */
const ATTEMPTS_MAX = 12;
const AGAIN_MS = 250;
const SOCKET_MS_MAX = 3_000;

/** @throws EngineUnfitError */
export async function waitForEngine(url: string, shownUrl: string, wait: Wait): Promise<void> {
	const retry = createRetry(wait);
	try {
		await retry(() => openSocket(url, SOCKET_MS_MAX), {
			delayMs: (_error, attempt) => (attempt < ATTEMPTS_MAX ? AGAIN_MS : undefined),
		});
	} catch (cause) {
		const { message, code = "" } = cause as { readonly message: string; readonly code?: string };
		const reason = message === "" ? code : message;
		throw new EngineUnfitError(
			`No engine answers at ${shownUrl} (${reason}). Start one, or correct --url; "session-lease engine" is one.`,
			{ cause },
		);
	}
}

/** @throws EngineUnfitError that says what is missing, and how to get it. */
export async function checkEngine(iii: IIIClient, options: CheckEngineOptions): Promise<void> {
	const { url, sessionId, nameSuffix, wait, newId } = options;
	for (const scope of [PLAIN_SCOPE, LEASE_SCOPE]) {
		const found = await askPatiently(iii, "state::get", { scope, key: sessionId }, wait);
		expectAnswer(found, `The engine at ${url} has no state`, "state::get", "the worker iii-state");
		if (found.answer != null) {
			throw new EngineUnfitError(`The engine at ${url} has a session "${sessionId}" already. Run it again.`);
		}
	}
	const group = { stream_name: EVENT_STREAM, group_id: sessionId };
	const events = await askPatiently(iii, "stream::list", group, wait);
	const streams = `The engine at ${url} has no streams, which a turn's events go to`;
	expectAnswer(events, streams, "stream::list", "the worker iii-stream");
	const functionId = `session-lease::probe::run${nameSuffix}`;
	const verdict = await verifyQueue(iii, { queue: WAKE_QUEUE, functionId, id: newId(), wait });
	if (verdict === "delivered") return;
	if (verdict !== "silent") throw new EngineUnfitError(refusalText(url, verdict.message));
	const late = "took a message, and has not delivered it within 5 s: is it held up by others?";
	throw new EngineUnfitError(`The queue "${WAKE_QUEUE}" of the engine at ${url} ${late}`);
}

function refusalText(url: string, message: string): string {
	const unfit = enqueueRefusal(message, undefined);
	if (unfit.why === "no_enqueue") {
		const remedy = "Add the worker queue (iii worker add queue), to iii 0.21.4 the worker iii-queue.";
		return `The engine at ${url} has nobody who serves Enqueue, so no wake can be sent. ${remedy}`;
	}
	if (unfit.why === "no_queue") {
		const entry = `"${WAKE_QUEUE}": { type: standard, concurrency: 10, max_retries: 6, backoff_ms: 1000 }`;
		return `The engine at ${url} has no queue "${WAKE_QUEUE}". Add { ${entry} } to its queue_configs.`;
	}
	return `The queue of the engine at ${url} cannot be used: ${message}`;
}

/** Asks again while nobody has registered the function, or nobody answers. */
async function askPatiently(
	iii: Pick<IIIClient, "trigger">,
	function_id: string,
	payload: object,
	wait: Wait,
): Promise<Asked> {
	let asked = await ask(iii, function_id, payload);
	for (let attempt = 1; attempt < ATTEMPTS_MAX && isAbsent(asked); attempt++) {
		await wait(AGAIN_MS);
		asked = await ask(iii, function_id, payload);
	}
	return asked;
}

const isAbsent = (asked: Asked): boolean => !asked.answered && asked.code === "function_not_found";

function expectAnswer(
	asked: Asked,
	missing: string,
	functionId: string,
	remedy: string,
): asserts asked is Extract<Asked, { answered: true }> {
	if (asked.answered) return;
	const message = isAbsent(asked)
		? `${missing}: nobody has registered ${functionId}. Add ${remedy} to its configuration.`
		: `${missing} that can be used: ${functionId} answered ${asked.code}: ${asked.message}`;
	throw new EngineUnfitError(message);
}
