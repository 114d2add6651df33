// Surveys an engine until it is fit or the patience ends: its workers may be starting just now, and so may a namesake be
// ending. Serves the queue if nobody does and that was asked for.
import type { LeasePorts } from "../lease/options.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import { type ServedQueue, serveQueue } from "./serve-queue.ts";
import type { Survey, Unfit } from "./survey.ts";
import { type SurveyOptions, surveyEngine } from "./survey-engine.ts";

export interface PatientSurveyOptions extends SurveyOptions {
	readonly servesQueue: boolean;
	/** How long a dead holder blocks its session. */
	readonly blockedMs: number;
}

export type Fit =
	| { readonly survey: Survey; readonly served: ServedQueue | undefined }
	| { readonly unfit: Unfit };

const AGAIN_MS = 250;
/** An engine that is there gets so long for its answer, also at the last look. */
const ANSWER_MS_MIN = 1_000;

export async function surveyPatiently(
	iii: IIIClient,
	options: PatientSurveyOptions,
	ports: LeasePorts,
): Promise<Fit> {
	const { clock, wait } = ports;
	const { name, queue, servesQueue, blockedMs } = options;
	const deadlineMs = clock.monotonicMs() + options.patienceMs;
	let served: ServedQueue | undefined;
	for (;;) {
		const patienceMs = Math.max(ANSWER_MS_MIN, deadlineMs - clock.monotonicMs());
		const surveyed = await surveyEngine(iii, { name, queue, patienceMs }, ports);
		if ("survey" in surveyed) {
			const { survey } = surveyed;
			return { survey: served ? asServed(survey, name, served) : survey, served };
		}
		if (surveyed.unfit.why === "no_enqueue" && servesQueue && !served) {
			served = await serveQueue(iii, { queue, blockedMs }, ports);
			continue;
		}
		if (clock.monotonicMs() >= deadlineMs) return surveyed;
		await wait(AGAIN_MS);
	}
}

/** Its own queue's settings are known, whatever the engine tells of it. */
function asServed(survey: Survey, name: string, { settings }: ServedQueue): Survey {
	return { ...survey, queue: { ...survey.queue, provider: name, settings } };
}
