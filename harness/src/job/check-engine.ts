// Whether an engine has what a job needs, asked before anything runs: state, streams, a queue that delivers, and a session
// that is nobody's yet.
import type { QueueSettings } from "../engine/queue-config.ts";
import type { LeasePorts } from "../lease/options.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import { ask } from "../survey/ask.ts";
import { EngineUnfitError } from "../survey/engine-unfit-error.ts";
import { surveyPatiently } from "../survey/survey-patiently.ts";
import { unfitText } from "../survey/survey-text.ts";
import { LEASE_SCOPE, PLAIN_SCOPE, WAKE_QUEUE } from "./job-engine.ts";

export interface CheckEngineOptions {
	/** As people are told. */
	readonly url: string;
	readonly sessionId: string;
	/** Of this job alone: ends the ids of its functions. */
	readonly nameSuffix: string;
	/** How long a dead worker blocks the session. */
	readonly blockedMs: number;
	/** How long what is missing is waited for. */
	readonly patienceMs: number;
}

/**
 * Answers the queue's settings, as far as they are told.
 * @throws EngineUnfitError that says what is missing, and how to get it.
 */
export async function checkEngine(
	iii: IIIClient,
	options: CheckEngineOptions,
	ports: Pick<LeasePorts, "clock" | "wait" | "newId">,
): Promise<QueueSettings | undefined> {
	const { url, sessionId, nameSuffix, blockedMs, patienceMs } = options;
	const name = `run${nameSuffix}`;
	const surveyed = await surveyPatiently(iii, { name, queue: WAKE_QUEUE, patienceMs }, ports);
	if ("unfit" in surveyed) {
		const text = unfitText(surveyed.unfit, { url, name, queue: WAKE_QUEUE, patienceMs, blockedMs });
		throw new EngineUnfitError(text);
	}
	if (!surveyed.survey.queue.delivered) {
		const late = "took a message, and has not delivered it within 5 s: is it held up by others?";
		throw new EngineUnfitError(`The queue "${WAKE_QUEUE}" of the engine at ${url} ${late}`);
	}
	for (const scope of [PLAIN_SCOPE, LEASE_SCOPE]) {
		const found = await ask(iii, "state::get", { scope, key: sessionId });
		if (!found.answered) {
			throw new EngineUnfitError(`The state of the engine at ${url} does not answer: ${found.message}`);
		}
		if (found.answer != null) {
			throw new EngineUnfitError(`The engine at ${url} has a session "${sessionId}" already. Run it again.`);
		}
	}
	return surveyed.survey.queue.settings;
}
