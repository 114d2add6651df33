// What was typed after `session-lease run`.
import { InputError } from "./input-error.ts";
import { integerOption } from "./integer-option.ts";
import type { OptionValues } from "./option-values.ts";

export interface RunArguments {
	readonly command: "run";
	readonly turnPath: string;
	/** Of the engine to run on; `undefined`: one in this process. */
	readonly url: string | undefined;
	/** Of the store that keeps the leases; `undefined`: the engine's state. */
	readonly storeUrl: string | undefined;
	readonly workers: number;
	/** A path, `all` or `none`; `undefined`: as the turn file says. */
	readonly approvals: string | undefined;
	readonly duplicate: boolean;
	readonly crashes: number;
	readonly seed: number;
	readonly serialize: boolean;
	readonly ttlMs: number;
	/** Where the history is written; `undefined`: nowhere. */
	readonly historyPath: string | undefined;
	readonly json: boolean;
}

export const RUN_USAGE = `run: runs one turn of an agent with several workers at once and shows what came of it: which calls
ran how often, who held the session's lease when, and what that cost.

  --url ws://…            runs it on the iii engine there (default: an engine in this process)
  --store <url>           keeps the leases there instead of in the engine's state: redis:, postgres:,
                          pglite:, sqlite:, dynamodb:, nats:, etcd:, ws: (iii) or memory:
  --workers n             how many workers share the session (default 3, at most 16)
  --approvals <file>      the decisions on the calls, or "all", or "none" (default: the turn file's own)
  --duplicate             every wake is delivered twice
  --crash n               n workers die at a call to the store or the queue (at most 8)
  --seed n                picks where they die (default 1)
  --no-serialize          without the lease: shows the race
  --ttl ms                how long a dead worker blocks the session (default 2000)
  --history <file>        writes down what was called and answered, line by line, for "check"
  --json                  the report as JSON

Exit codes: 0 every approved call ran once, every denied one never, and the turn ended once;
1 the input, or what is at --url or --store, cannot be used, nothing ran; 2 the turn went wrong;
3 it waits for decisions; 4 the engine at --url was lost, and nobody knows.
`;

export const RUN_OPTIONS = {
	url: { type: "string" },
	store: { type: "string" },
	workers: { type: "string" },
	approvals: { type: "string" },
	duplicate: { type: "boolean" },
	crash: { type: "string" },
	seed: { type: "string" },
	"no-serialize": { type: "boolean" },
	ttl: { type: "string" },
	history: { type: "string" },
	json: { type: "boolean" },
} as const;

const TTL_MIN_MS = 100;

/** @throws InputError */
export function runArguments(
	[turnPath, ...more]: readonly string[],
	values: OptionValues<typeof RUN_OPTIONS>,
): RunArguments {
	if (turnPath === undefined) throw new InputError("Expected the path of a turn file: run <turn.json>.");
	if (more.length > 0)
		throw new InputError(`"${more[0]}" is one argument too many: run takes one turn file.`);
	if (values.approvals === "") throw new InputError('Expected --approvals to be a path, "all" or "none".');
	if (values.history === "") throw new InputError("Expected --history to be a path.");
	return {
		command: "run",
		turnPath,
		url: values.url,
		storeUrl: values.store,
		workers: integerOption("workers", values.workers, { fallback: 3, min: 1, max: 16 }),
		approvals: values.approvals,
		duplicate: values.duplicate ?? false,
		crashes: integerOption("crash", values.crash, { fallback: 0, min: 1, max: 8 }),
		seed: integerOption("seed", values.seed, { fallback: 1, min: 1, max: 4_294_967_295 }),
		serialize: !values["no-serialize"],
		ttlMs: integerOption("ttl", values.ttl, { fallback: 2_000, min: TTL_MIN_MS, max: 600_000 }),
		historyPath: values.history,
		json: values.json ?? false,
	};
}
