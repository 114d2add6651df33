// One race: a scenario is explored, and a failure leaves its picture and says how to run this very schedule again.
import { type ExploreOptions, explore } from "../explore/explore.ts";
import { decodeReplay } from "../explore/replay-string.ts";
import type { Report } from "../explore/report.ts";
import type { Scenario } from "../explore/scenario.ts";
import { failureText } from "../report/assert-holds.ts";
import { explorationText } from "../report/exploration-text.ts";
import { shellWord } from "../report/shell-word.ts";
import { verdictLine } from "../report/verdict-line.ts";
import { writeArtefacts } from "./artefacts.ts";

export interface RaceOptions extends Omit<ExploreOptions, "replay"> {
	/** Demands that every schedule was run. @default false: those that were run are enough */
	readonly complete?: boolean;
	/** Where a failure's picture is put, relative to where vitest runs. @default ".session-lease" */
	readonly folder?: string;
	/** @default 120_000 */
	readonly timeoutMs?: number;
}

export interface Race {
	readonly testName: string;
	readonly scenario: Scenario;
	readonly options: RaceOptions;
	/** Ends the exploration before its next schedule: the test has had its time. */
	readonly signal?: AbortSignal;
	/** The stack where the test was defined: that is where its failure is shown. */
	readonly definedAt?: string;
}

export interface RacePorts {
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly print: (text: string) => void;
}

/** Set to a replay string, it has the race of its scenario run that schedule and nothing else. */
export const REPLAY_VARIABLE = "SESSION_LEASE_REPLAY";

const FOLDER = ".session-lease";

/** @throws Error whose message is the report and what can be done with it; TypeError for a damaged replay string. */
export async function runRace(race: Race, ports: RacePorts): Promise<void> {
	const { testName, scenario, options } = race;
	const { complete = false, folder = FOLDER, timeoutMs: _, ...how } = options;
	const replay = replayOf(scenario, ports.environment[REPLAY_VARIABLE]);
	const signal = AbortSignal.any([options.signal, race.signal].filter((given) => given !== undefined));
	const report = await explore(scenario, { ...how, signal, ...(replay === undefined ? {} : { replay }) });
	race.signal?.throwIfAborted();
	const again = runAgain(report, testName);
	const text = failureText(report, { complete: complete && replay === undefined, ...again });
	if (text !== undefined) {
		const drawn = report.counterexample ? [picture(report, { folder, ...again })] : [];
		throw failure([text.trimEnd(), ...drawn].join("\n\n"), race.definedAt);
	}
	ports.print(replay === undefined ? verdictLine(report) : explorationText(report));
}

function failure(message: string, definedAt = ""): Error {
	const error = new Error(message);
	// The first one is that of `race` itself.
	const [, ...frames] = definedAt.split("\n").filter((line) => /^\s+at /.test(line));
	if (frames.length > 0) error.stack = `Error: ${message}\n${frames.join("\n")}`;
	return error;
}

function replayOf(scenario: Scenario, given: string | undefined): string | undefined {
	if (given === undefined || given === "") return undefined;
	return decodeReplay(given).scenario === scenario.name ? given : undefined;
}

function runAgain({ counterexample }: Report, testName: string): { readonly runAgain?: string } {
	if (!counterexample) return {};
	const pattern = testName.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
	const variable = `${REPLAY_VARIABLE}=${shellWord(counterexample.replay)}`;
	return { runAgain: `${variable} npx vitest run -t ${shellWord(pattern)}` };
}

/** That it could not be drawn must not hide what was found. */
function picture(report: Report, where: Parameters<typeof writeArtefacts>[1]): string {
	try {
		return `Its picture:\n${writeArtefacts(report, where).join("\n")}`;
	} catch (error) {
		return `Its picture could not be written: ${error instanceof Error ? error.message : error}`;
	}
}
