// The command `explore`: runs the schedules of scenarios, and shows what was found.
import type { Report, Verdict } from "../explore/report.ts";
import { explorationText, type TextOptions } from "../report/exploration-text.ts";
import { reportJson } from "../report/json.ts";
import { shellWord } from "../report/shell-word.ts";
import type { ExploreArguments } from "./explore-arguments.ts";
import { exploreScenario } from "./explore-scenario.ts";
import { InputError } from "./input-error.ts";
import { readScenario, readScenarios } from "./scenario-module.ts";
import type { SchedulePorts } from "./schedule-progress.ts";
import { writePictures } from "./write-pictures.ts";

export interface ExplorePorts extends SchedulePorts {
	readonly writeOut: (text: string) => void;
}

const EXIT_CODE_OF = {
	held: 0,
	violated: 2,
	vacuous: 4,
	"not deterministic": 4,
	refused: 1,
} as const satisfies Record<Verdict, number>;

/** Answers the exit code, the worst one of several scenarios. @throws InputError */
export async function exploreCommand(given: ExploreArguments, ports: ExplorePorts): Promise<number> {
	const { writeOut } = ports;
	const { modulePath, scenarioName, options, complete, htmlPath, mermaidPath, json } = given;
	const scenarios =
		scenarioName === undefined
			? await readScenarios(modulePath)
			: [await readScenario(modulePath, scenarioName)];
	if (scenarios.length > 1 && (htmlPath !== undefined || mermaidPath !== undefined)) {
		throw new InputError("A page and a diagram show one scenario: name it, as in `explore <name>`.");
	}
	const reports: Report[] = [];
	for (const scenario of scenarios) {
		const report = await exploreScenario(scenario, options, ports);
		reports.push(report);
		const again = runAgain(report, modulePath);
		await writePictures(report, given, again);
		if (!json) writeOut(`${reports.length === 1 ? "" : "\n"}${explorationText(report, again)}`);
	}
	if (json) writeOut(reportJson(reports));
	const codes = reports.map((report) => exitCodeOf(report, complete));
	return codes.includes(2) ? 2 : Math.max(...codes);
}

function exitCodeOf({ verdict, complete }: Report, mustBeComplete: boolean): number {
	return verdict === "held" && mustBeComplete && !complete ? 4 : EXIT_CODE_OF[verdict];
}

/** The line to paste, with the module that the scenario is from. */
export function runAgain({ counterexample }: Report, modulePath: string | undefined): TextOptions {
	if (!counterexample || modulePath === undefined) return {};
	return {
		runAgain: `session-lease replay ${shellWord(counterexample.replay)} --from ${shellWord(modulePath)}`,
	};
}
