// The command `check`: reads histories, judges them as one, and shows the report.
import { checkHistory } from "../history/check-history.ts";
import type { Verdict } from "../history/check-report.ts";
import { type History, mergeHistories } from "../history/history.ts";
import { HistoryFormatError, parseHistory } from "../history/parse-history.ts";
import { historyText } from "../report/history-text.ts";
import { reportJson } from "../report/json.ts";
import type { CheckArguments } from "./check-arguments.ts";
import { InputError } from "./input-error.ts";
import { readText } from "./read-json.ts";

export interface CheckPorts {
	/** All of standard input. */
	readonly readIn: () => Promise<string>;
	readonly writeOut: (text: string) => void;
}

const EXIT_CODE_OF = { held: 0, violated: 2, inconclusive: 4 } as const satisfies Record<Verdict, number>;

/** Answers the exit code. @throws InputError that names the file and the line. */
export async function checkCommand(given: CheckArguments, ports: CheckPorts): Promise<number> {
	const { historyPaths, stepsMax, json } = given;
	const histories: History[] = [];
	for (const path of historyPaths) {
		const text = path === "-" ? await ports.readIn() : await readText(path);
		histories.push(parse(path, text, historyPaths.length > 1));
	}
	const report = checkHistory(mergeHistories(histories), { stepsMax });
	ports.writeOut(json ? reportJson(report) : historyText(report));
	return EXIT_CODE_OF[report.verdict];
}

function parse(path: string, text: string, isOneOfSeveral: boolean): History {
	const name = path === "-" ? "standard input" : path;
	try {
		return parseHistory(text, isOneOfSeveral ? { source: name } : {});
	} catch (error) {
		if (!(error instanceof HistoryFormatError)) throw error;
		throw new InputError(`${name}, line ${error.line}: ${error.message}`);
	}
}
