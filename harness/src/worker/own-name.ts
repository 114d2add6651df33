// Whether a worker has its name to itself: each of its functions has to be its own on the engine.
//
// Up to 0.22 the last of two namesakes takes every call, from then on the first one keeps them. Either way one of them is
// deaf, and no engine tells it. Two that register at the same moment may get some of the functions each: then both end.
import type { Clock } from "../lease/clock.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import type { Unfit } from "../survey/survey.ts";
import { answeringWhose, whose } from "../survey/whose.ts";

export interface OwnName {
	/** The functions that are registered through it are looked at. */
	readonly client: IIIClient;
	/** Looks whose they are, and answers whether all are this worker's. Never rejects. */
	look(): Promise<boolean>;
	/** Aborts when the worker cannot go on under its name, with the `Unfit` as the reason. */
	readonly lost: AbortSignal;
}

export interface OwnNameOptions {
	/** Random: no namesake knows it. */
	readonly ownerId: string;
	readonly clock: Pick<Clock, "monotonicMs">;
}

/** A connection that was lost and is back may take a while until its functions are there again. */
const GONE_MS_MAX = 5_000;

export function createOwnName(iii: IIIClient, { ownerId, clock }: OwnNameOptions): OwnName {
	const ids: string[] = [];
	const lost = new AbortController();
	let goneSinceMs: number | undefined;
	const lose = (reason: Unfit) => lost.abort(reason);
	return {
		client: {
			trigger: (request) => iii.trigger(request),
			registerFunction(id, handler) {
				ids.push(id);
				return iii.registerFunction(id, answeringWhose(handler, ownerId));
			},
			registerTrigger: (request) => iii.registerTrigger(request),
		},
		lost: lost.signal,
		async look() {
			const found = await Promise.all(ids.map((id) => whose(iii, id, ownerId)));
			if (found.includes("another's")) lose({ why: "name_taken" });
			const nowMs = clock.monotonicMs();
			goneSinceMs = found.includes("nobody's") ? (goneSinceMs ?? nowMs) : undefined;
			if (goneSinceMs !== undefined && nowMs - goneSinceMs >= GONE_MS_MAX) lose({ why: "functions_gone" });
			return found.every((it) => it === "mine");
		},
	};
}
