// What was typed after `session-lease`: one command, its options, each checked before anything is read or run.
import { parseArgs } from "node:util";
import { CHECK_OPTIONS, CHECK_USAGE, type CheckArguments, checkArguments } from "./check-arguments.ts";
import {
	EXPLORE_OPTIONS,
	EXPLORE_USAGE,
	type ExploreArguments,
	exploreArguments,
	REPLAY_OPTIONS,
	type ReplayArguments,
	replayArguments,
} from "./explore-arguments.ts";
import { InputError, sentenceOf } from "./input-error.ts";
import { RUN_OPTIONS, RUN_USAGE, type RunArguments, runArguments } from "./run-arguments.ts";

export type Arguments = RunArguments | CheckArguments | ExploreArguments | ReplayArguments;

export const USAGE: string = `Usage: session-lease run <turn.json> [options]
       session-lease check <history.jsonl> … [options]
       session-lease explore [scenario] [options]
       session-lease replay '<replay string>' [options]

${RUN_USAGE}
${CHECK_USAGE}
${EXPLORE_USAGE}
  --help                  this text
`;

/** An option that several commands have is of one type in all of them. */
const OPTIONS = {
	...RUN_OPTIONS,
	...CHECK_OPTIONS,
	...EXPLORE_OPTIONS,
	...REPLAY_OPTIONS,
	help: { type: "boolean", short: "h" },
} as const;

const OPTIONS_OF: Readonly<Record<Arguments["command"], object>> = {
	run: RUN_OPTIONS,
	check: CHECK_OPTIONS,
	explore: EXPLORE_OPTIONS,
	replay: REPLAY_OPTIONS,
};

const COMMANDS = Object.keys(OPTIONS_OF)
	.map((command) => `"${command}"`)
	.join(", ");

const isCommand = (text: string): text is Arguments["command"] => Object.hasOwn(OPTIONS_OF, text);

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
		if (Object.hasOwn(OPTIONS_OF[command], option)) continue;
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
