// What was typed after `session-lease worker`.
import { InputError } from "./input-error.ts";
import { integerOption } from "./integer-option.ts";
import type { OptionValues } from "./option-values.ts";

export interface WorkerArguments {
	readonly command: "worker";
	readonly url: string;
	/** The turn file whose functions the worker has; `undefined`: it has none of its own. */
	readonly functionsPath: string | undefined;
	/** `undefined`: the host's. */
	readonly name: string | undefined;
	readonly queue: string;
	readonly scope: string;
	/** Of the store that keeps the leases; `undefined`: the engine's state. */
	readonly storeUrl: string | undefined;
	readonly ttlMs: number;
	readonly skewMs: number;
	readonly drainMs: number;
	/** `undefined`: as the queue's concurrency allows. */
	readonly slots: number | undefined;
	readonly deadLettersEveryMs: number;
	readonly sweepEveryMs: number;
	readonly patienceMs: number;
	/** Where the history is appended; `undefined`: nowhere. */
	readonly historyPath: string | undefined;
	readonly servesQueue: boolean;
}

export const WORKER_USAGE: string = `worker: runs turns on an iii engine until SIGTERM or SIGINT. Its functions are turn::start::<name>,
approval::resolve::<name>, turn::get_state::<name>, and those that wakes are for. What a turn calls is
a command of the turn file, or else a function of the engine, which needs approval.

  --url ws://host:port    the engine
  --functions <turn.json> the turn file whose functions it runs; its message is not looked at
  --name <name>           ends the ids of its functions, so wakes in the queue name it: keep it over
                          restarts, and give each of several workers on one host its own
                          (default: the host name)
  --queue <name>          the queue that wakes go to (default turn-step)
  --scope <name>          where in the engine's state the leases are kept (default session_lease)
  --store <url>           keeps the leases there instead: redis:, postgres:, pglite:, sqlite:,
                          dynamodb:, nats:, etcd: or ws: (iii); the same for all workers
  --ttl ms                how long a dead worker blocks a session (default 15000)
  --skew ms               what the hosts' clocks may differ by (default 1000)
  --drain ms              how long what runs may take to finish when the worker ends (default 5000);
                          the rest is cut short, its leases are given back, and three seconds later
                          at most the worker is gone
  --wait-slots n          how many losers wait for a dead holder's deadline, where the queue's
                          retries end before it or are unknown (default: half of what the queue
                          handles at once; 0: none)
  --dead-letters-every ms how often the queue's dead letters are looked at: their sessions are woken
                          here, the letters stay where they are (default 10000); and whether its
                          functions are still its own
  --sweep-every ms        how often all sessions are looked at for one that was left behind, as by an
                          engine that has forgotten its messages (default 60000; 0: at the start only)
  --connect ms            how long an engine, or what it lacks, is waited for (default 10000)
  --history <file>        appends what was called and answered, line by line, for "check"
  --serve-queue           is the queue where the engine has none; for development: its messages are
                          gone with this process

Exit codes: 0 it was ended, and all that ran came to its end; 130, 143 it was ended by SIGINT or
SIGTERM, and something was cut short; 1 the engine, or something that it needs there, is missing,
or another worker of this name has its functions.
`;

export const WORKER_OPTIONS = {
	url: { type: "string" },
	functions: { type: "string" },
	name: { type: "string" },
	queue: { type: "string", multiple: true },
	scope: { type: "string" },
	store: { type: "string" },
	ttl: { type: "string" },
	skew: { type: "string" },
	drain: { type: "string" },
	"wait-slots": { type: "string" },
	"dead-letters-every": { type: "string" },
	"sweep-every": { type: "string" },
	connect: { type: "string" },
	history: { type: "string" },
	"serve-queue": { type: "boolean" },
} as const;

const HOUR_MS = 3_600_000;

/** @throws InputError */
export function workerArguments(
	[extra]: readonly string[],
	values: OptionValues<typeof WORKER_OPTIONS>,
): WorkerArguments {
	if (extra !== undefined) throw new InputError(`"${extra}" is one argument too many: worker takes none.`);
	if (values.url === undefined) throw new InputError("Expected the engine: worker --url ws://host:port.");
	for (const option of ["functions", "scope", "history"] as const) {
		if (values[option] === "") throw new InputError(`Expected --${option} not to be empty.`);
	}
	return {
		command: "worker",
		url: values.url,
		functionsPath: values.functions,
		name: checkName(values.name),
		queue: oneQueue(values.queue ?? ["turn-step"]),
		scope: values.scope ?? "session_lease",
		storeUrl: storeUrlOf(values),
		ttlMs: integerOption("ttl", values.ttl, { fallback: 15_000, min: 100, max: HOUR_MS }),
		skewMs: integerOption("skew", values.skew, { fallback: 1_000, min: 0, max: HOUR_MS }),
		drainMs: integerOption("drain", values.drain, { fallback: 5_000, min: 0, max: HOUR_MS }),
		slots: integerOption("wait-slots", values["wait-slots"], { fallback: undefined, min: 0, max: 10_000 }),
		deadLettersEveryMs: integerOption("dead-letters-every", values["dead-letters-every"], {
			fallback: 10_000,
			min: 100,
			max: HOUR_MS,
		}),
		sweepEveryMs: integerOption("sweep-every", values["sweep-every"], {
			fallback: 60_000,
			min: 0,
			max: HOUR_MS,
		}),
		patienceMs: integerOption("connect", values.connect, { fallback: 10_000, min: 100, max: HOUR_MS }),
		historyPath: values.history,
		servesQueue: values["serve-queue"] ?? false,
	};
}

function oneQueue([queue, second]: readonly string[]): string {
	if (queue === undefined || queue === "") throw new InputError("Expected --queue not to be empty.");
	if (second === undefined) return queue;
	throw new InputError(`Expected one --queue, got "${queue}" and "${second}": a worker's wakes go to one.`);
}

const IN_PROCESS = /^(memory:|sqlite::memory:|pglite:)$/i;

function storeUrlOf({ store, scope }: OptionValues<typeof WORKER_OPTIONS>): string | undefined {
	if (store === undefined) return store;
	if (scope !== undefined)
		throw new InputError("Expected --store or --scope, got both: the scope is one of the engine's state.");
	if (IN_PROCESS.test(store))
		throw new InputError(
			`Expected --store to be one that all workers share, got "${store}": it is gone with this process.`,
		);
	return store;
}

function checkName(name: string | undefined): string | undefined {
	if (name === undefined || /^[\w.-]{1,100}$/.test(name)) return name;
	throw new InputError(`Expected --name to be letters, digits, ".", "_" and "-", got "${name}".`);
}
