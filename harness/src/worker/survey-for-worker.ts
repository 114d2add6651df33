// A survey of what a worker needs of an engine; this process is the queue where nobody else is and that was asked for.
import type { LeasePorts } from "../lease/options.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import type { Survey, Unfit } from "../survey/survey.ts";
import { surveyPatiently } from "../survey/survey-patiently.ts";
import { type ServedQueue, serveQueue } from "./serve-queue.ts";

export interface WorkerSurveyOptions {
	/** The worker's name. */
	readonly name: string;
	readonly queue: string;
	/** How long what is missing is waited for. */
	readonly patienceMs: number;
	readonly servesQueue: boolean;
	/** How long a dead holder blocks its session. */
	readonly blockedMs: number;
}

export type Fit =
	| { readonly survey: Survey; readonly served: ServedQueue | undefined }
	| { readonly unfit: Unfit };

export async function surveyForWorker(
	iii: IIIClient,
	options: WorkerSurveyOptions,
	ports: LeasePorts,
): Promise<Fit> {
	const { name, servesQueue } = options;
	let served: ServedQueue | undefined;
	const serving = async () => {
		served = await serveQueue(iii, options, ports);
	};
	const surveyed = await surveyPatiently(
		iii,
		{ ...options, ...(servesQueue ? { serveQueue: serving } : {}) },
		ports,
	);
	if ("unfit" in surveyed) return surveyed;
	const { survey } = surveyed;
	return { survey: served ? asServed(survey, name, served) : survey, served };
}

/** Its own queue's settings are known, whatever the engine tells of it. */
function asServed(survey: Survey, name: string, { settings }: ServedQueue): Survey {
	return { ...survey, queue: { ...survey.queue, provider: name, settings } };
}
