// The command `conform`: runs the table of cases on the engine that is named, and shows the report.
import { readCaseTable } from "../conformance/iii/conformance-case.ts";
import type { ConformanceReport } from "../conformance/iii/report.ts";
import { runCases } from "../conformance/iii/run-cases.ts";
import { findTarget, NoEngineError } from "../conformance/iii/target.ts";
import { conformanceText } from "../report/conformance-text.ts";
import { reportJson } from "../report/json.ts";
import { connectIII, type IIIConnection } from "../stores/connect-iii.ts";
import { realPorts } from "../system/leases.ts";
import type { ConformArguments } from "./conform-arguments.ts";
import { InputError, sentenceOf } from "./input-error.ts";

export interface ConformPorts {
	/** Ends the run after the case that is under way. */
	readonly signal: AbortSignal;
	readonly writeOut: (text: string) => void;
}

/** Also for the connection: a socket to an engine that is there opens at once. */
const CALL_MS_MAX = 5_000;

/** Answers the exit code. @throws InputError if there is no engine with state. */
export async function conformCommand(given: ConformArguments, ports: ConformPorts): Promise<number> {
	const report = await conform(given, ports.signal);
	ports.writeOut(given.json ? reportJson(report) : conformanceText(report));
	if (report.ok + report.differ === 0) throw new InputError(`No case could be run at ${given.url}.`);
	return report.differ > 0 ? 2 : 0;
}

async function conform({ url, adapter }: ConformArguments, signal: AbortSignal): Promise<ConformanceReport> {
	const table = await readCaseTable();
	const scope = `session-lease-conformance-${realPorts.newId()}`;
	// An engine may refuse a second connection of the same name.
	const connection = await connect(url, scope);
	try {
		const target = await findTarget({ iii: connection, scope, timeoutMs: CALL_MS_MAX }, adapter);
		return await runCases(connection, { table, target, scope, timeoutMs: CALL_MS_MAX, signal });
	} catch (error) {
		if (error instanceof NoEngineError) throw new InputError(`No engine to ask at ${url}: ${error.message}.`);
		throw error;
	} finally {
		await connection.shutdown();
	}
}

async function connect(url: string, name: string): Promise<IIIConnection> {
	try {
		return await connectIII(url, { name });
	} catch (error) {
		throw new InputError(sentenceOf(error));
	}
}
