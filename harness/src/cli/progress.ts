// Lines on a run that takes long: which calls are running, and how far the turn is.
import type { JobEvent } from "../job/run-job.ts";

export interface Progress {
	observe(event: JobEvent): void;
	/** One line, as things stand now. */
	line(elapsedMs: number): string;
}

export function createProgress(callCount: number): Progress {
	const running = new Map<string, number>();
	const ended = new Set<string>();
	let dead = 0;
	let decided = false;
	return {
		observe(event) {
			switch (event.type) {
				case "call_started":
					running.set(event.callId, (running.get(event.callId) ?? 0) + 1);
					return;
				case "call_ended":
					running.set(event.callId, (running.get(event.callId) ?? 1) - 1);
					ended.add(event.callId);
					return;
				case "worker_died":
					dead++;
					return;
				case "decisions_asked":
					decided = true;
					return;
			}
		},
		line(elapsedMs) {
			const names = [...running].filter(([, count]) => count > 0).map(([callId]) => callId);
			const parts = [
				`${Math.floor(elapsedMs / 1000)} s`,
				decided ? "decisions are in" : "before the decisions",
				`${ended.size} of ${callCount} calls have ended`,
				...(names.length > 0 ? [`running: ${names.join(", ")}`] : []),
				...(dead > 0 ? [`${dead} ${dead === 1 ? "worker" : "workers"} died`] : []),
			];
			return parts.join("; ").slice(0, 100);
		},
	};
}
