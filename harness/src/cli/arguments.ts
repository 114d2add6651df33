// What was typed after `session-lease`: one command, its options, each checked before anything is read or run.
import { type ParseArgsConfig, parseArgs } from "node:util";
import { CHECK_OPTIONS, CHECK_USAGE, type CheckArguments, checkArguments } from "./check-arguments.ts";
import {
	CONFORM_OPTIONS,
	CONFORM_USAGE,
	type ConformArguments,
	conformArguments,
} from "./conform-arguments.ts";
import { ENGINE_OPTIONS, ENGINE_USAGE, type EngineArguments, engineArguments } from "./engine-arguments.ts";
import {
	EXPLORE_OPTIONS,
	EXPLORE_USAGE,
	type ExploreArguments,
	exploreArguments,
	REPLAY_OPTIONS,
	type ReplayArguments,
	replayArguments,
} from "./explore-arguments.ts";
import {
	INCIDENTS_OPTIONS,
	INCIDENTS_USAGE,
	type IncidentsArguments,
	incidentsArguments,
} from "./incidents-arguments.ts";
import { InputError, sentenceOf } from "./input-error.ts";
import { RUN_OPTIONS, RUN_USAGE, type RunArguments, runArguments } from "./run-arguments.ts";
import { WORKER_OPTIONS, WORKER_USAGE, type WorkerArguments, workerArguments } from "./worker-arguments.ts";

export type Arguments =
	| RunArguments
	| EngineArguments
	| CheckArguments
	| ExploreArguments
	| ReplayArguments
	| IncidentsArguments
	| WorkerArguments
	| ConformArguments;

const USAGE: string = `Usage: session-lease run <turn.json> [options]
       session-lease worker --url <ws://host:port> [options]
       session-lease engine [options]
       session-lease conform --url <ws://host:port> [options]
       session-lease check <history.jsonl> … [options]
       session-lease explore [scenario] [options]
       session-lease replay '<replay string>' [options]
       session-lease incidents [name] [options]

${RUN_USAGE}
${WORKER_USAGE}
${ENGINE_USAGE}
${CONFORM_USAGE}
${CHECK_USAGE}
${EXPLORE_USAGE}
${INCIDENTS_USAGE}
  --help                  this text; after a command, what is said of that one
`;

const USAGE_OF: Readonly<Record<Arguments["command"], string>> = {
	run: RUN_USAGE,
	engine: ENGINE_USAGE,
	check: CHECK_USAGE,
	explore: EXPLORE_USAGE,
	replay: EXPLORE_USAGE,
	incidents: INCIDENTS_USAGE,
	worker: WORKER_USAGE,
	conform: CONFORM_USAGE,
};

/** An option that several commands have is of one type in all of them; but `engine` takes several queues. */
const OPTIONS = {
	...ENGINE_OPTIONS,
	...RUN_OPTIONS,
	...CHECK_OPTIONS,
	...EXPLORE_OPTIONS,
	...REPLAY_OPTIONS,
	...INCIDENTS_OPTIONS,
	...CONFORM_OPTIONS,
	...WORKER_OPTIONS,
	help: { type: "boolean", short: "h" },
} as const;

const OPTIONS_OF: Readonly<Record<Arguments["command"], object>> = {
	run: RUN_OPTIONS,
	engine: ENGINE_OPTIONS,
	check: CHECK_OPTIONS,
	explore: EXPLORE_OPTIONS,
	replay: REPLAY_OPTIONS,
	incidents: INCIDENTS_OPTIONS,
	worker: WORKER_OPTIONS,
	conform: CONFORM_OPTIONS,
};

const COMMANDS = Object.keys(OPTIONS_OF)
	.map((command) => `"${command}"`)
	.join(", ");

const isCommand = (text: string): text is Arguments["command"] => Object.hasOwn(OPTIONS_OF, text);

/** `help`: it was asked for, and here it is. @throws InputError that names the command or the option. */
export function readArguments(given: readonly string[]): Arguments | { readonly help: string } {
	const { values, positionals } = parse(given, OPTIONS);
	const [command, ...rest] = positionals;
	if (values.help) return { help: command !== undefined && isCommand(command) ? USAGE_OF[command] : USAGE };
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
		case "engine":
			return engineArguments(rest, parse(given, { ...OPTIONS, ...ENGINE_OPTIONS }).values);
		case "check":
			return checkArguments(rest, values);
		case "explore":
			return exploreArguments(rest, values);
		case "replay":
			return replayArguments(rest, values);
		case "incidents":
			return incidentsArguments(rest, values);
		case "worker":
			return workerArguments(rest, values);
		case "conform":
			return conformArguments(rest, values);
	}
}

function parse<Options extends NonNullable<ParseArgsConfig["options"]>>(
	given: readonly string[],
	options: Options,
) {
	try {
		return parseArgs({ args: joined(given), options, allowPositionals: true, strict: true });
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
