// What was typed after `session-lease`: one command, its options, each checked before anything is read or run.
import { parseArgs } from "node:util";
import { InputError, sentenceOf } from "./input-error.ts";

export interface RunArguments {
	readonly turnPath: string;
	readonly workers: number;
	/** A path, `all` or `none`; `undefined`: as the turn file says. */
	readonly approvals: string | undefined;
	readonly duplicate: boolean;
	readonly crashes: number;
	readonly seed: number;
	readonly serialize: boolean;
	readonly ttlMs: number;
	readonly json: boolean;
}

export const USAGE = `Usage: session-lease run <turn.json> [options]

Runs one turn of an agent with several workers at once and shows what came of it: which calls ran
how often, who held the session's lease when, and what that cost.

Options:
  --workers n             how many workers share the session (default 3, at most 16)
  --approvals <file>      the decisions on the calls, or "all", or "none" (default: the turn file's own)
  --duplicate             every wake is delivered twice
  --crash n               n workers die at a call to the store or the queue (at most 8)
  --seed n                picks where they die (default 1)
  --no-serialize          without the lease: shows the race
  --ttl ms                how long a dead worker blocks the session (default 2000)
  --json                  the report as JSON
  --help                  this text

Exit codes: 0 every approved call ran once, every denied one never, and the turn ended once;
1 the input cannot be used, nothing ran; 2 the turn went wrong; 3 it waits for decisions.
`;

const OPTIONS = {
	workers: { type: "string" },
	approvals: { type: "string" },
	duplicate: { type: "boolean" },
	crash: { type: "string" },
	seed: { type: "string" },
	"no-serialize": { type: "boolean" },
	ttl: { type: "string" },
	json: { type: "boolean" },
	help: { type: "boolean", short: "h" },
} as const;

const TTL_MIN_MS = 100;

/** `help`: it was asked for. @throws InputError that names the command or the option. */
export function readArguments(given: readonly string[]): RunArguments | "help" {
	const { values, positionals } = parse(given);
	if (values.help) return "help";
	const [command, turnPath, ...more] = positionals;
	if (command === undefined) throw new InputError('Expected a command: "run". See --help.');
	if (command !== "run") throw new InputError(`"${command}" is no command; there is "run". See --help.`);
	if (turnPath === undefined) throw new InputError("Expected the path of a turn file: run <turn.json>.");
	if (more.length > 0)
		throw new InputError(`"${more[0]}" is one argument too many: run takes one turn file.`);
	if (values.approvals === "") throw new InputError('Expected --approvals to be a path, "all" or "none".');
	return {
		turnPath,
		workers: integer("workers", values.workers, { fallback: 3, min: 1, max: 16 }),
		approvals: values.approvals,
		duplicate: values.duplicate ?? false,
		crashes: integer("crash", values.crash, { fallback: 0, min: 1, max: 8 }),
		seed: integer("seed", values.seed, { fallback: 1, min: 1, max: 4_294_967_295 }),
		serialize: !values["no-serialize"],
		ttlMs: integer("ttl", values.ttl, { fallback: 2_000, min: TTL_MIN_MS, max: 600_000 }),
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

interface Bounds {
	readonly fallback: number;
	readonly min: number;
	readonly max: number;
}

function integer(option: string, text: string | undefined, { fallback, min, max }: Bounds): number {
	if (text === undefined) return fallback;
	const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
	if (value >= min && value <= max) return value;
	throw new InputError(`Expected --${option} to be an integer from ${min} to ${max}, got "${text}".`);
}
