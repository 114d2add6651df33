// Faults that last: a process that stands still, a request that is under way until it lands.
import type { ScheduledStep } from "./schedule.ts";

export interface FaultBar {
	readonly lane: string;
	readonly from: number;
	readonly to: number;
	readonly name: "paused" | "under way";
}

export function faultBarsOf(steps: readonly ScheduledStep[]): readonly FaultBar[] {
	const last = steps.at(-1)?.number ?? 0;
	return steps.flatMap(({ number, label, actor, lane = "", fault, route }): FaultBar[] => {
		if (fault === "pause") {
			const wakes = steps.find((later) => later.number > number && later.label === `${actor}^`);
			return [{ lane, from: number, to: wakes?.number ?? last, name: "paused" }];
		}
		const [, landed] = /^\+(\d+)$/.exec(label) ?? [];
		if (landed === undefined) return [];
		// Who dies leaves several at once: then the step tells the last one's number.
		const sent = steps.find(({ leaves = 0 }) => leaves >= Number(landed));
		if (!sent) return [];
		return [{ lane: route?.service ?? lane, from: sent.number, to: number, name: "under way" }];
	});
}
