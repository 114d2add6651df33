// Surveys an engine until it is fit or the patience ends: its workers may be starting just now, and so may a namesake be
// ending.
import type { Clock } from "../lease/clock.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import type { Surveyed } from "./survey.ts";
import { type SurveyOptions, type SurveyPorts, surveyEngine } from "./survey-engine.ts";

export interface PatientSurveyOptions extends SurveyOptions {
	/** Called once if nobody serves Enqueue: from then on somebody does. */
	readonly serveQueue?: () => Promise<void>;
}

const AGAIN_MS = 250;
/** An engine that is there gets so long for its answer, also at the last look. */
const ANSWER_MS_MIN = 1_000;

export async function surveyPatiently(
	iii: IIIClient,
	options: PatientSurveyOptions,
	ports: SurveyPorts & { readonly clock: Clock },
): Promise<Surveyed> {
	const { clock, wait } = ports;
	const deadlineMs = clock.monotonicMs() + options.patienceMs;
	let { serveQueue } = options;
	for (;;) {
		const patienceMs = Math.max(ANSWER_MS_MIN, deadlineMs - clock.monotonicMs());
		const surveyed = await surveyEngine(iii, { ...options, patienceMs }, ports);
		if ("survey" in surveyed) return surveyed;
		if (surveyed.unfit.why === "no_enqueue" && serveQueue) {
			await serveQueue();
			serveQueue = undefined;
			continue;
		}
		if (clock.monotonicMs() >= deadlineMs) return surveyed;
		await wait(AGAIN_MS);
	}
}
