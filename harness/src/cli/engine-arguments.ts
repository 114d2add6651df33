// What was typed after `session-lease engine`.
import type { Like, QueueConfig } from "../engine/index.ts";
import { InputError } from "./input-error.ts";
import { integerOption } from "./integer-option.ts";
import type { OptionValues } from "./option-values.ts";
import { queueOptions } from "./queue-option.ts";

export interface EngineArguments {
	readonly command: "engine";
	/** 0: any free one. */
	readonly port: number;
	readonly state: "kv" | "file" | "redis";
	/** Of the state file or of the journal; `undefined`: everything is in memory. */
	readonly path: string | undefined;
	readonly flushEveryMs: number;
	/** The file is a journal. */
	readonly durable: boolean;
	readonly like: Like;
	readonly queues: Readonly<Record<string, QueueConfig>>;
	/** `undefined`: no limit. */
	readonly maxValueBytes: number | undefined;
}

/** iii's own. */
const PORT = 49_134;
const FLUSH_EVERY_MS = 5_000;
const FLUSH_EVERY_MIN_MS = 100;
const DEFAULT_QUEUE = "turn-step";

export const ENGINE_USAGE: string = `engine: serves an engine with iii's wire protocol on 127.0.0.1: for development and tests, never for
production. It has state, state triggers, streams and queues; any iii-sdk connects to it.

  --port n                where (default ${PORT}, as iii; 0: any free port)
  --state kv|file|redis   whose answers state gives (default kv). "file" is kv that writes its state to
                          --file now and then, and forgets the rest when it is killed; "redis" answers
                          as the redis adapter does, from memory
  --file <path>           the state file, or the journal
  --flush-every ms        how often a state file is written (default ${FLUSH_EVERY_MS}, at least ${FLUSH_EVERY_MIN_MS})
  --durable               --file is a journal: state and messages are in it before they are acknowledged
                          (streams are in memory only), and the next engine on it delivers again what
                          was not finished
  --like 0.21|0.23        where iii's versions differ (default 0.21). In 0.23 the first worker keeps a
                          function's id, and there are no queues but those that a worker serves
  --queue <name>[,setting=value]…
                          a queue, with iii's settings: max_retries, concurrency, backoff_ms, type,
                          message_group_field (default: ${DEFAULT_QUEUE}); may be given several times

Exit codes: 0 it was ended by SIGINT or SIGTERM; 1 it cannot be served, and why is told.
`;

export const ENGINE_OPTIONS = {
	port: { type: "string" },
	state: { type: "string" },
	file: { type: "string" },
	"flush-every": { type: "string" },
	durable: { type: "boolean" },
	like: { type: "string" },
	queue: { type: "string", multiple: true },
	"max-value-bytes": { type: "string" },
} as const;

/** @throws InputError */
export function engineArguments(
	[extra]: readonly string[],
	values: OptionValues<typeof ENGINE_OPTIONS>,
): EngineArguments {
	if (extra !== undefined) throw new InputError(`"${extra}" is one argument too many: engine takes none.`);
	const state = oneOf("state", values.state ?? "kv", ["kv", "file", "redis"]);
	const like = oneOf("like", values.like ?? "0.21", ["0.21", "0.23"]);
	const durable = values.durable ?? false;
	const flushEvery = { fallback: FLUSH_EVERY_MS, min: FLUSH_EVERY_MIN_MS, max: 3_600_000 };
	checkFile({ state, durable, path: values.file, flushes: values["flush-every"] !== undefined });
	if (like === "0.23" && values.queue) {
		throw new InputError("--queue does not go with --like 0.23, which has no queues of its own.");
	}
	return {
		command: "engine",
		port: integerOption("port", values.port, { fallback: PORT, min: 0, max: 65_535 }),
		state,
		path: values.file,
		flushEveryMs: integerOption("flush-every", values["flush-every"], flushEvery),
		durable,
		like,
		queues: like === "0.23" ? {} : queueOptions(values.queue ?? [DEFAULT_QUEUE]),
		maxValueBytes: integerOption("max-value-bytes", values["max-value-bytes"], {
			fallback: undefined,
			min: 1,
			max: 1_000_000_000,
		}),
	};
}

interface FileArguments {
	readonly state: EngineArguments["state"];
	readonly durable: boolean;
	readonly path: string | undefined;
	readonly flushes: boolean;
}

function checkFile({ state, durable, path, flushes }: FileArguments): void {
	if (path === "") throw new InputError("Expected --file to be a path.");
	if (durable && state === "file") {
		throw new InputError("--durable does not go with --state file, which forgets what it has not written.");
	}
	if (flushes && state !== "file") throw new InputError("--flush-every goes with --state file only.");
	const needed = durable || state === "file";
	if (needed && path === undefined) {
		throw new InputError(`${durable ? "--durable" : "--state file"} needs a --file <path>.`);
	}
	if (!needed && path !== undefined) throw new InputError("--file goes with --state file or --durable only.");
}

function oneOf<T extends string>(option: string, given: string, choices: readonly T[]): T {
	const found = choices.find((choice) => choice === given);
	if (found !== undefined) return found;
	throw new InputError(`Expected --${option} to be ${choices.join(" or ")}, got "${given}".`);
}
