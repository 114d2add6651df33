// The command `run`: reads the turn and its decisions, runs the job on this machine's clock, and shows the report.
import { randomUUID } from "node:crypto";
import type { JobReport } from "../job/job-report.ts";
import { runJob } from "../job/run-job.ts";
import type { Clock, Wait } from "../lease/clock.ts";
import { reportJson } from "../report/json.ts";
import { reportText } from "../report/text.ts";
import { readDecisions } from "./approvals.ts";
import { createClosableWait } from "./closable-wait.ts";
import { commandFunctions } from "./command-functions.ts";
import { createHistoryFile } from "./history-file.ts";
import { createProgress } from "./progress.ts";
import type { RunArguments } from "./run-arguments.ts";
import { readTurnFile } from "./turn-file.ts";

export interface RunPorts {
	readonly clock: Clock;
	readonly wait: Wait;
	readonly environment: Readonly<Record<string, string | undefined>>;
	/** Ends the run: its processes are killed. */
	readonly signal: AbortSignal;
	readonly writeOut: (text: string) => void;
	readonly writeError: (text: string) => void;
}

const LIMIT_MS = 600_000;
const PROGRESS_EVERY_MS = 1_000;

/** Answers the exit code. @throws InputError: nothing ran. */
export async function runCommand(given: RunArguments, ports: RunPorts): Promise<number> {
	const turn = await readTurnFile(given.turnPath, ports.environment.PATH ?? "");
	const closable = createClosableWait(ports.wait);
	const functions = commandFunctions(turn, { ...ports, ...closable });
	const approvals = given.approvals ?? turn.approvalsPath ?? "none";
	const decisions = await readDecisions(approvals, turn.calls, functions.needsApproval);
	const timeLimitsMs = turn.calls.map(({ function_id }) => turn.functions.get(function_id)?.timeLimitMs ?? 0);
	const history = given.historyPath === undefined ? undefined : createHistoryFile(given.historyPath);
	const progress = createProgress(turn.calls.length);
	const { clock, writeError } = ports;
	const startedAtMs = clock.monotonicMs();
	void tellProgress(closable.wait, () => writeError(`${progress.line(clock.monotonicMs() - startedAtMs)}\n`));
	try {
		const report = await runJob(
			{
				...given,
				...turn,
				functions,
				decisions,
				signal: ports.signal,
				limitMs: timeLimitsMs.reduce((sum, limitMs) => sum + limitMs, LIMIT_MS),
			},
			{
				clock,
				wait: closable.wait,
				newId: randomUUID,
				observe: progress.observe,
				...(history ? { record: history.record } : {}),
			},
		);
		if (history?.failure) throw history.failure;
		ports.writeOut(shown(report, given.json));
		return report.verdict.exitCode;
	} finally {
		closable.close();
		history?.close();
	}
}

function shown(report: JobReport, asJson: boolean): string {
	return asJson ? reportJson(report) : reportText(report);
}

/** Until the waits are closed. */
async function tellProgress(wait: Wait, tell: () => void): Promise<void> {
	for (;;) {
		await wait(PROGRESS_EVERY_MS, { background: true });
		tell();
	}
}
