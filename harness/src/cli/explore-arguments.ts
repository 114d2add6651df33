// What was typed after `session-lease explore` and `session-lease replay`.
import type { ExploreOptions } from "../explore/explore.ts";
import { InputError } from "./input-error.ts";
import { integerOption } from "./integer-option.ts";
import type { OptionValues } from "./option-values.ts";

/** Where the report goes besides standard output. */
interface ReportArguments {
	/** A module that exports scenarios; `undefined`: the library's own. */
	readonly modulePath: string | undefined;
	readonly htmlPath: string | undefined;
	readonly mermaidPath: string | undefined;
	readonly json: boolean;
}

export interface ExploreArguments extends ReportArguments {
	readonly command: "explore";
	/** `undefined`: all that there are. */
	readonly scenarioName: string | undefined;
	readonly options: ExploreOptions;
	/** Demands that every schedule was run. */
	readonly complete: boolean;
}

export interface ReplayArguments extends ReportArguments {
	readonly command: "replay";
	readonly replay: string;
}

export const EXPLORE_USAGE = `explore: runs the schedules of scenarios, of all or of the one that is named, and shows the shortest
one that breaks.

  --from <module>         exports the scenarios (default: this library's own)
  --mode <mode>           exhaustive, random or pct (default exhaustive)
  --seed n                draws the schedules (default 1; not for exhaustive)
  --schedules n           how many at most (default 200000, or 1000 if they are drawn)
  --preemptions n|all     only schedules with at most n preemptions; all: without the bounds 0, 1, 2
                          that come first otherwise (only for exhaustive)
  --complete              demands that all of them were run
  --html <file>           writes a page about it (of one scenario)
  --mermaid <file>        writes the schedule as a sequence diagram (of one scenario)
  --json                  the reports as JSON, in a list

Exit codes: 0 held; 1 the input cannot be used; 2 violated; 4 vacuous, not deterministic, or not
complete although --complete was given.

replay: runs the schedule of a replay string again. It takes --from, --html, --mermaid and --json.

Exit codes: 0 it holds now; 1 the input cannot be used, or the schedule does not fit the scenario
any more; 2 violated again.
`;

export const REPLAY_OPTIONS = {
	from: { type: "string" },
	html: { type: "string" },
	mermaid: { type: "string" },
	json: { type: "boolean" },
} as const;

export const EXPLORE_OPTIONS = {
	from: { type: "string" },
	html: { type: "string" },
	mermaid: { type: "string" },
	json: { type: "boolean" },
	mode: { type: "string" },
	seed: { type: "string" },
	schedules: { type: "string" },
	preemptions: { type: "string" },
	complete: { type: "boolean" },
} as const;

type ReplayValues = OptionValues<typeof REPLAY_OPTIONS>;

/** No bound from the start, instead of few preemptions first. */
const ALL = "all";
const MODES = ["exhaustive", "random", "pct"] as const;
const SCHEDULES_MAX = 1_000_000_000;
const SEED_MAX = 4_294_967_295;

export function exploreArguments(
	[scenarioName, ...more]: readonly string[],
	values: OptionValues<typeof EXPLORE_OPTIONS>,
): ExploreArguments {
	if (more.length > 0) {
		throw new InputError(`"${more[0]}" is one argument too many: explore takes the name of one scenario.`);
	}
	const { seed, preemptions, schedules, complete = false } = values;
	const mode = modeOf(values.mode);
	const draws = mode !== "exhaustive";
	if (seed !== undefined && !draws) throw new InputError("--seed is for --mode random and --mode pct.");
	if (preemptions !== undefined && draws) throw new InputError(`--preemptions is not for --mode ${mode}.`);
	if (complete && draws)
		throw new InputError(`--complete is not for --mode ${mode}: it never runs them all.`);
	if (complete && preemptions !== undefined && preemptions !== ALL) {
		throw new InputError(
			"--complete and --preemptions exclude each other: the one demands what the other leaves out.",
		);
	}
	const options: ExploreOptions = {
		mode,
		...given("seed", integerOption("seed", seed, { fallback: undefined, min: 1, max: SEED_MAX })),
		...given(
			"schedulesMax",
			integerOption("schedules", schedules, { fallback: undefined, min: 1, max: SCHEDULES_MAX }),
		),
		...given(
			"preemptionsMax",
			preemptions === ALL
				? Number.POSITIVE_INFINITY
				: integerOption("preemptions", preemptions, { fallback: undefined, min: 0, max: 1_000 }),
		),
	};
	return { command: "explore", scenarioName, options, complete, ...reportArguments(values) };
}

export function replayArguments([replay, ...more]: readonly string[], values: ReplayValues): ReplayArguments {
	if (replay === undefined) throw new InputError("Expected a replay string, in quotes: replay 'sl1|…'.");
	if (more.length > 0) {
		throw new InputError(`"${more[0]}" is one argument too many: put the replay string in quotes.`);
	}
	return { command: "replay", replay, ...reportArguments(values) };
}

function reportArguments({ from, html, mermaid, json = false }: ReplayValues): ReportArguments {
	for (const [option, path] of Object.entries({ from, html, mermaid })) {
		if (path === "") throw new InputError(`Expected --${option} to be a path.`);
	}
	return { modulePath: from, htmlPath: html, mermaidPath: mermaid, json };
}

function modeOf(text: string | undefined): (typeof MODES)[number] {
	if (text === undefined) return "exhaustive";
	const mode = MODES.find((known) => known === text);
	if (mode) return mode;
	throw new InputError(
		`Expected --mode to be ${MODES.slice(0, -1).join(", ")} or ${MODES.at(-1)}, got "${text}".`,
	);
}

const given = <K extends string>(key: K, value: number | undefined): Partial<Record<K, number>> =>
	value === undefined ? {} : ({ [key]: value } as Record<K, number>);
