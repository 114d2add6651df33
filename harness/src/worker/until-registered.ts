// Whether the engine has taken a worker's functions: it is asked until it knows them all.
import type { Wait } from "../lease/clock.ts";
import { untilAborted } from "../lease/until-aborted.ts";
import type { OwnName } from "./own-name.ts";

const LOOK_EVERY_MS = 50;
const LOOKS_MAX = 50;

export interface UntilRegisteredOptions {
	readonly wait: Wait;
	/** Gives up. */
	readonly signal: AbortSignal;
}

/** Answers false if that stays unknown, or it gave up, or the name is another's. Never rejects. */
export async function untilRegistered(
	name: Pick<OwnName, "look" | "lost">,
	{ wait, signal }: UntilRegisteredOptions,
): Promise<boolean> {
	const ended = AbortSignal.any([signal, name.lost]);
	for (let looks = 0; looks < LOOKS_MAX && !ended.aborted; looks++) {
		if (await untilAborted(() => name.look(), ended).catch(() => false)) return true;
		await wait(LOOK_EVERY_MS, { signal: ended }).catch(() => undefined);
	}
	return false;
}
