// The command `replay`: runs the schedule of a replay string again, and shows what came of it.
import { decodeReplay } from "../explore/replay-string.ts";
import { explorationText } from "../report/exploration-text.ts";
import { reportJson } from "../report/json.ts";
import type { ReplayArguments } from "./explore-arguments.ts";
import { type ExplorePorts, runAgain } from "./explore-command.ts";
import { exploreScenario } from "./explore-scenario.ts";
import { InputError, sentenceOf } from "./input-error.ts";
import { readScenario } from "./scenario-module.ts";
import { writePictures } from "./write-pictures.ts";

/** Answers the exit code. @throws InputError, also if the schedule does not fit the scenario any more. */
export async function replayCommand(given: ReplayArguments, ports: ExplorePorts): Promise<number> {
	const { writeOut } = ports;
	const { modulePath, replay, json } = given;
	const name = nameIn(replay);
	const scenario = await readScenario(modulePath, name);
	const report = await exploreScenario(scenario, { replay }, ports);
	if (report.verdict === "refused" || report.verdict === "not deterministic") {
		throw new InputError(
			`The schedule does not fit the scenario "${name}" any more: ${report.reasons.join(" ")}`,
		);
	}
	const again = runAgain(report, modulePath);
	await writePictures(report, given, again);
	writeOut(json ? reportJson(report) : explorationText(report, again));
	return report.verdict === "violated" ? 2 : 0;
}

function nameIn(replay: string): string {
	try {
		return decodeReplay(replay).scenario;
	} catch (error) {
		throw new InputError(sentenceOf(error));
	}
}
