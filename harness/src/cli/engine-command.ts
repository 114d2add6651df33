// The command `engine`: serves an engine on loopback until it is ended.
import { randomInt, randomUUID } from "node:crypto";
import type { Clock, Wait } from "../lease/clock.ts";
import { realProcesses as processes } from "../system/processes.ts";
import { type OpenPersistence, openJournal } from "../wire/journal.ts";
import { type ServedEngine, serveEngine } from "../wire/serve-engine.ts";
import { ServeError } from "../wire/serve-error.ts";
import { openStateFile } from "../wire/state-file.ts";
import type { EngineArguments } from "./engine-arguments.ts";
import { InputError, sentenceOf } from "./input-error.ts";

export interface EnginePorts {
	readonly clock: Clock;
	readonly wait: Wait;
	/** Ends the engine. */
	readonly signal: AbortSignal;
	readonly writeOut: (text: string) => void;
	readonly writeError: (text: string) => void;
}

/** Triggers of writes that are no further apart than this come in any order. */
const TRIGGER_DELAY_MAX_MS = 4;

/** Answers the exit code, once it was ended. @throws InputError if it cannot be served. */
export async function engineCommand(given: EngineArguments, ports: EnginePorts): Promise<number> {
	const served = await serve(given, ports);
	ports.writeOut(`${servedText(served.url, given)}\n`);
	if (!ports.signal.aborted) {
		await new Promise((resolve) => ports.signal.addEventListener("abort", resolve, { once: true }));
	}
	await served.close();
	return 0;
}

async function serve(given: EngineArguments, ports: EnginePorts): Promise<ServedEngine> {
	const { port, like, queues, path, state, maxValueBytes } = given;
	const openPersistence = (wait: Wait) => open(given, path as string, { ...ports, wait });
	try {
		return await serveEngine(
			{
				port,
				like,
				queues,
				state: state === "redis" ? "redis" : "kv",
				...(maxValueBytes === undefined ? {} : { maxValueBytes }),
				...(path === undefined ? {} : { openPersistence }),
			},
			{
				clock: ports.clock,
				wait: ports.wait,
				newId: randomUUID,
				triggerDelayMs: () => randomInt(TRIGGER_DELAY_MAX_MS + 1),
			},
		);
	} catch (error) {
		if (error instanceof ServeError && error.code === "port_taken") {
			throw new InputError(`${error.message} Name another --port, or 0 for any free one.`);
		}
		// A message was kept of a queue that was not given now, or does not fit it any more.
		if (error instanceof ServeError || error instanceof TypeError) throw new InputError(sentenceOf(error));
		throw error;
	}
}

function open(given: EngineArguments, path: string, { wait, writeError }: EnginePorts): OpenPersistence {
	if (given.durable) return openJournal(path, { processes });
	const onFailure = (sentence: string) => writeError(`session-lease: ${sentence}\n`);
	return openStateFile(path, { flushEveryMs: given.flushEveryMs, wait, processes, onFailure });
}

/** One line. */
function servedText(
	url: string,
	{ state, path, durable, flushEveryMs, like, queues }: EngineArguments,
): string {
	const names = Object.keys(queues);
	const parts = [
		`state: ${state}`,
		durable
			? `journal: ${path}`
			: state === "file"
				? `written to ${path} every ${flushEveryMs} ms`
				: "in memory",
		`like iii ${like}`,
		names.length === 0
			? "no queues of its own"
			: `${names.length === 1 ? "queue" : "queues"}: ${names.join(", ")}`,
	];
	return `${url} (${parts.join("; ")}): an engine for development and tests, never for production.`;
}
