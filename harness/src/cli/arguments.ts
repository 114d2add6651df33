// What was typed after `session-lease`: one command, its options, each checked before anything is read or run.
import { parseArgs } from "node:util";
import { STEPS_MAX } from "../history/check-history.ts";
import {
	EXPLORE_OPTIONS,
	EXPLORE_USAGE,
	type ExploreArguments,
	exploreArguments,
	OPTIONS_OF_EXPLORE,
	OPTIONS_OF_REPLAY,
	type ReplayArguments,
	replayArguments,
} from "./explore-arguments.ts";
import { InputError, sentenceOf } from "./input-error.ts";
import { integerOption } from "./integer-option.ts";

export interface RunArguments {
	readonly command: "run";
	readonly turnPath: string;
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

export interface CheckArguments {
	readonly command: "check";
	/** One at least; `-` is standard input. */
	readonly historyPaths: readonly string[];
	readonly stepsMax: number;
	readonly json: boolean;
}

export type Arguments = RunArguments | CheckArguments | ExploreArguments | ReplayArguments;

export const USAGE: string = `Usage: session-lease run <turn.json> [options]
       session-lease check <history.jsonl> … [options]
       session-lease explore [scenario] [options]
       session-lease replay '<replay string>' [options]

run: runs one turn of an agent with several workers at once and shows what came of it: which calls
ran how often, who held the session's lease when, and what that cost.

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
1 the input cannot be used, nothing ran; 2 the turn went wrong; 3 it waits for decisions.

check: whether a recorded history can have been, if the lease keeps its promises. Several files are
one history, merged by time; "-" is standard input.

  --steps n               how long an order is looked for, per session (default ${STEPS_MAX})
  --json                  the report as JSON

Exit codes: 0 held; 1 a file cannot be used; 2 violated; 4 it cannot be said.

${EXPLORE_USAGE}
  --help                  this text
`;

const OPTIONS = {
	workers: { type: "string" },
	approvals: { type: "string" },
	duplicate: { type: "boolean" },
	crash: { type: "string" },
	seed: { type: "string" },
	"no-serialize": { type: "boolean" },
	ttl: { type: "string" },
	history: { type: "string" },
	steps: { type: "string" },
	...EXPLORE_OPTIONS,
	json: { type: "boolean" },
	help: { type: "boolean", short: "h" },
} as const;

type Option = keyof typeof OPTIONS;

const OPTIONS_OF: Readonly<Record<Arguments["command"], readonly string[]>> = {
	run: [
		"workers",
		"approvals",
		"duplicate",
		"crash",
		"seed",
		"no-serialize",
		"ttl",
		"history",
		"json",
	] satisfies Option[],
	check: ["steps", "json"] satisfies Option[],
	explore: OPTIONS_OF_EXPLORE,
	replay: OPTIONS_OF_REPLAY,
};

const COMMANDS = Object.keys(OPTIONS_OF)
	.map((command) => `"${command}"`)
	.join(", ");

const isCommand = (text: string): text is Arguments["command"] => Object.hasOwn(OPTIONS_OF, text);

const TTL_MIN_MS = 100;

/** `help`: it was asked for. @throws InputError that names the command or the option. */
export function readArguments(given: readonly string[]): Arguments | "help" {
	const { values, positionals } = parse(given);
	if (values.help) return "help";
	const [command, ...rest] = positionals;
	if (command === undefined) throw new InputError(`Expected a command: ${COMMANDS}. See --help.`);
	if (!isCommand(command)) {
		throw new InputError(`"${command}" is no command; there are ${COMMANDS}. See --help.`);
	}
	for (const option of Object.keys(values)) {
		if (OPTIONS_OF[command].includes(option)) continue;
		throw new InputError(`--${option} is no option of ${command}. See --help.`);
	}
	switch (command) {
		case "run":
			return runArguments(rest, values);
		case "check":
			return checkArguments(rest, values);
		case "explore":
			return exploreArguments(rest, values);
		case "replay":
			return replayArguments(rest, values);
	}
}

type Values = ReturnType<typeof parse>["values"];

function runArguments([turnPath, ...more]: readonly string[], values: Values): RunArguments {
	if (turnPath === undefined) throw new InputError("Expected the path of a turn file: run <turn.json>.");
	if (more.length > 0)
		throw new InputError(`"${more[0]}" is one argument too many: run takes one turn file.`);
	if (values.approvals === "") throw new InputError('Expected --approvals to be a path, "all" or "none".');
	if (values.history === "") throw new InputError("Expected --history to be a path.");
	return {
		command: "run",
		turnPath,
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

function checkArguments(historyPaths: readonly string[], values: Values): CheckArguments {
	if (historyPaths.length === 0) {
		throw new InputError('Expected the path of a history, or "-": check <history.jsonl>.');
	}
	const twice = historyPaths.find((path, index) => historyPaths.indexOf(path) !== index);
	if (twice !== undefined) throw new InputError(`"${twice}" was given twice.`);
	return {
		command: "check",
		historyPaths,
		stepsMax: integerOption("steps", values.steps, { fallback: STEPS_MAX, min: 1, max: 1_000_000_000 }),
		json: values.json ?? false,
	};
}

function parse(given: readonly string[]) {
	try {
		return parseArgs({ args: joined(given), options: OPTIONS, allowPositionals: true, strict: true });
	} catch (error) {
		throw new InputError(`${sentenceOf(error)}. See --help.`.replace(/\.\. See/, ". See"));
	}
}

/** `--seed -1` as `--seed=-1`: the number is wrong, and the error should say that and nothing about dashes. */
function joined(given: readonly string[]): string[] {
	const args: string[] = [];
	for (const argument of given) {
		const before = args.at(-1);
		if (/^-[\d.]/.test(argument) && before?.startsWith("--") && !before.includes("=")) {
			args.splice(-1, 1, `${before}=${argument}`);
		} else {
			args.push(argument);
		}
	}
	return args;
}
