// The command `run`: reads the turn and its decisions, runs the job on this machine's clock, and shows the report.
import { randomUUID } from "node:crypto";
import { EngineLostError } from "../job/engine-lost-error.ts";
import type { JobReport } from "../job/job-report.ts";
import { type RemoteEngine, reachEngine } from "../job/remote-engine.ts";
import { runJob } from "../job/run-job.ts";
import type { Wait } from "../lease/clock.ts";
import { isTransientError, SessionLeaseError } from "../lease/errors.ts";
import { untilAborted } from "../lease/until-aborted.ts";
import { reportJson } from "../report/json.ts";
import { reportText } from "../report/text.ts";
import { createClosableWait } from "../system/closable-wait.ts";
import { createRetry } from "../system/retry.ts";
import { readDecisions } from "./approvals.ts";
import { commandFunctions } from "./command-functions.ts";
import type { CommandPorts } from "./command-ports.ts";
import { createHistoryFile } from "./history-file.ts";
import { sentenceOf } from "./input-error.ts";
import { createProgress } from "./progress.ts";
import type { RunArguments } from "./run-arguments.ts";
import { type StoreForRun, storeForRun } from "./store-option.ts";
import { readTurnFile } from "./turn-file.ts";

const LIMIT_MS = 600_000;
const PROGRESS_EVERY_MS = 1_000;

/** Answers the exit code. @throws InputError or EngineUnfitError: nothing ran. */
export async function runCommand(given: RunArguments, ports: CommandPorts): Promise<number> {
	const turn = await readTurnFile(given.turnPath, ports.environment.PATH ?? "");
	const closable = createClosableWait(ports.wait);
	const functions = commandFunctions(turn, { ...ports, ...closable });
	const approvals = given.approvals ?? turn.approvalsPath ?? "none";
	const decisions = await readDecisions(approvals, turn.calls, functions.needsApproval);
	const timeLimitsMs = turn.calls.map(({ function_id }) => turn.functions.get(function_id)?.timeLimitMs ?? 0);
	const limitMs = timeLimitsMs.reduce((sum, timeLimitMs) => sum + timeLimitMs, LIMIT_MS);
	const history = given.historyPath === undefined ? undefined : createHistoryFile(given.historyPath);
	const progress = createProgress(turn.calls.length);
	const { clock, writeError, signal } = ports;
	const { wait } = closable;
	let remote: RemoteEngine | undefined;
	let store: StoreForRun | undefined;
	try {
		const { storeUrl } = given;
		if (storeUrl !== undefined) {
			const opening = () => storeForRun(storeUrl, turn.sessionId, { clock, retry: createRetry(wait) });
			store = await untilAborted(
				opening,
				signal,
				({ store: late }) => void late.close().catch(() => undefined),
			);
		}
		if (given.url !== undefined) {
			const { sessionId } = turn;
			const reaching = { sessionId, blockedMs: given.ttlMs, clock, wait, newId: randomUUID, signal };
			remote = await reachEngine(given.url, reaching);
		}
		const startedAtMs = clock.monotonicMs();
		void tellProgress(wait, () => writeError(`${progress.line(clock.monotonicMs() - startedAtMs)}\n`));
		const report = await runJob(
			{ ...given, ...turn, functions, decisions, signal, limitMs, ...store?.options, ...remote?.options },
			{
				clock,
				wait,
				newId: randomUUID,
				observe: progress.observe,
				...(remote ? { startEngine: remote.start } : {}),
				...(store ? { store: store.store } : {}),
				...(history ? { record: history.record } : {}),
			},
		);
		if (history?.failure) throw history.failure;
		ports.writeOut(shown(report, given.json));
		return report.verdict.exitCode;
	} catch (error) {
		if (!(remote || store) || !isLoss(error)) throw error;
		writeError(`session-lease: ${sentenceOf(error)}\n`);
		return LOST;
	} finally {
		closable.close();
		await remote?.close();
		await store?.store.close();
		history?.close();
	}
}

/** What came of the turn cannot be said. */
const LOST = 4;

/** Behind a URL, an answer that does not come, or is an error of iii's, is no bug of this program. */
function isLoss(error: unknown): boolean {
	if (error instanceof EngineLostError || isTransientError(error)) return true;
	const { code } = (error ?? {}) as { readonly code?: unknown };
	return typeof code === "string" && !(error instanceof SessionLeaseError);
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
