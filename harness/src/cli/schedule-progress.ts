// Lines on an exploration that takes long.
import type { Clock } from "../lease/clock.ts";

export interface SchedulePorts {
	readonly clock: Clock;
	/** Ends the exploration before its next schedule. */
	readonly signal: AbortSignal;
	readonly writeError: (text: string) => void;
}

const EVERY_MS = 5_000;

/** To be told before each schedule how many were run. */
export function scheduleProgress(
	scenarioName: string,
	{ clock, writeError }: SchedulePorts,
): (schedules: number) => void {
	const startedAtMs = clock.monotonicMs();
	let toldAtMs = startedAtMs;
	return (schedules) => {
		const nowMs = clock.monotonicMs();
		if (nowMs - toldAtMs < EVERY_MS) return;
		toldAtMs = nowMs;
		const seconds = Math.floor((nowMs - startedAtMs) / 1_000);
		writeError(`${seconds} s; ${schedules} schedules of "${scenarioName}"\n`);
	};
}
