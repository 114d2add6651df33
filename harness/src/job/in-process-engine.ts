// The engine of a job in this process, made for it and gone with it.
import { createEngine, createNearLink, type QueueConfig } from "../engine/index.ts";
import { never } from "../engine/link.ts";
import { createRetry } from "../system/retry.ts";
import { EVENT_STREAM, type JobEngine, type JobEngineSetup, WAKE_QUEUE } from "./job-engine.ts";
import type { JobSettings } from "./job-report.ts";

export function startInProcessEngine(setup: JobEngineSetup): JobEngine {
	const { settings, clock, wait, newId } = setup;
	const engine = createEngine({
		clock,
		wait,
		newId,
		retry: createRetry(wait),
		queues: { [WAKE_QUEUE]: queueFor(settings) },
		deliverTwice: settings.duplicate,
	});
	return {
		link: setup.link ?? createNearLink(wait),
		connect: engine.connect,
		connectBeside: (name) => engine.connect({ name, link: createNearLink(wait) }),
		leasesOf: (leases) => leases,
		idle: engine.idle,
		lost: never,
		async findings() {
			const storeCalls = Object.entries(engine.calls()).filter(([id]) => id.startsWith("state::"));
			const events = engine.streamItems(EVENT_STREAM, settings.sessionId);
			return {
				storeCalls: Object.fromEntries(storeCalls),
				eventTypes: events.map(({ data }) => String((data as { type?: unknown }).type)),
				deadLetters: engine.deadLetters(WAKE_QUEUE).map(({ error }) => error),
			};
		},
	};
}

const BACKOFF_MS = 100;

/** A message outlasts several holders that die one after the other: its backoffs add up to more than that. */
function queueFor({ ttlMs, crashes }: JobSettings): QueueConfig {
	const outlastsMs = (crashes + 4) * (ttlMs + 1_000);
	const retries = Math.ceil(Math.log2(outlastsMs / BACKOFF_MS + 1)) + 1;
	return { type: "standard", concurrency: 32, backoff_ms: BACKOFF_MS, max_retries: retries };
}
