// Runs the cases of a table on an engine, one after the other, each in a scope that it leaves empty.
import type { Json } from "../../engine/index.ts";
import type { IIIClient } from "../../stores/iii-client.ts";
import { refusalOf } from "../../survey/ask.ts";
import type { CaseTable, ConformanceCase, Expectation } from "./conformance-case.ts";
import { type Difference, differencesOf } from "./differences.ts";
import { dependsOnVersion, expectationOf, type Filling, fill, payloadOf } from "./expected.ts";
import { type CaseResult, type ConformanceReport, conformanceReport } from "./report.ts";
import { type Target, versionColumn } from "./target.ts";

export interface RunCasesOptions {
	readonly table: CaseTable;
	readonly target: Target;
	/** Nobody else's. On kv it stays listed, empty, in `state::list_groups`. */
	readonly scope: string;
	/** How long a call may take, in milliseconds. */
	readonly timeoutMs: number;
	/** Ends the run after the case that is under way. @default never */
	readonly signal?: AbortSignal;
}

/** Larger limits are not tried: the value would travel four times. */
const TRIED_BYTES_MAX = 1_000_000;

/** Rejects with the signal's reason if it is aborted. */
export async function runCases(
	iii: Pick<IIIClient, "trigger">,
	options: RunCasesOptions,
): Promise<ConformanceReport> {
	const { table, target, scope, timeoutMs, signal } = options;
	const filling: Filling = {
		scope,
		unusedScope: `${scope}-unused`,
		docUrl: table.doc_url,
		...(target.valueBytesMax === undefined ? {} : { valueBytesMax: target.valueBytesMax }),
	};
	let hasStopped = false;
	const call: Call = async (functionId, payload) => {
		if (hasStopped) return NOT_ANSWERED;
		try {
			const answer = await iii.trigger({ function_id: functionId, payload, timeoutMs });
			return answer === undefined ? {} : { answer };
		} catch (error) {
			const { code, message } = refusalOf(error);
			hasStopped = code === "TIMEOUT";
			return hasStopped ? NOT_ANSWERED : { rejected: code, message };
		}
	};
	const results: CaseResult[] = [];
	for (const one of table.cases) {
		signal?.throwIfAborted();
		const why = hindrance(one, target);
		results.push(why === undefined ? await runCase(one, target, { call, filling }) : notRun(one, why));
	}
	return conformanceReport(target, results);
}

/** What a call came to. */
type Outcome = Omit<Expectation, "after">;

/** A call that was not answered in time may still come true: no case after it would be certain. */
const NOT_ANSWERED: Outcome = { rejected: "TIMEOUT", message: "the engine has stopped answering" };
type Call = (functionId: string, payload: Json) => Promise<Outcome>;

interface CasePorts {
	readonly call: Call;
	readonly filling: Filling;
}

/** Why a case cannot be run on that engine. */
function hindrance(one: ConformanceCase, target: Target): string | undefined {
	if (one.needs === "max_value_bytes") {
		if (target.valueBytesMax === undefined) return "the engine tells of no max_value_bytes";
		if (target.valueBytesMax > TRIED_BYTES_MAX) {
			return `its max_value_bytes are more than ${TRIED_BYTES_MAX}, which is too much to try`;
		}
	}
	if (dependsOnVersion(one) && versionColumn(target) === undefined) {
		return "versions differ in it, and the engine does not tell its own";
	}
	return undefined;
}

function notRun({ name }: ConformanceCase, why: string): CaseResult {
	return { name, verdict: "not run", why };
}

async function runCase(one: ConformanceCase, target: Target, ports: CasePorts): Promise<CaseResult> {
	const { call, filling } = ports;
	const payload = payloadOf(one.payload, one.bare === true, filling);
	const key = keyIn(payload);
	const setUp: [string, Json][] = [];
	if (one.before !== undefined) {
		setUp.push(["state::set", payloadOf({ value: one.before }, false, filling)]);
	}
	for (const [id, given] of one.first ?? []) setUp.push([id, payloadOf(given, false, filling)]);
	const keys = new Set([key, "k", ...setUp.map(([, given]) => keyIn(given))]);
	try {
		for (const [id, given] of setUp) {
			const { rejected, message } = await call(id, given);
			if (rejected !== undefined) return notRun(one, `${id} before it: ${message}`);
		}
		const outcome = await call(one.call, payload);
		const after = await call("state::get", { scope: filling.scope, key });
		if (after.rejected !== undefined) return notRun(one, `state::get after it: ${after.message}`);
		const version = versionColumn(target);
		const differences = compare(expectationOf(one, { adapter: target.adapter, version }), outcome, {
			after: after.answer,
			filling,
		});
		if (differences.length === 0) return { name: one.name, verdict: "ok" };
		return { name: one.name, verdict: "differs", differences };
	} finally {
		for (const left of keys) await call("state::delete", { scope: filling.scope, key: left });
	}
}

function compare(
	expected: Expectation,
	outcome: Outcome,
	{ after, filling }: { readonly after: Json | undefined; readonly filling: Filling },
): readonly Difference[] {
	const filled = (value: Json | undefined) => (value === undefined ? undefined : fill(value, filling));
	return [
		...differencesOf(filled(expected.answer), outcome.answer, "answer"),
		...differencesOf(expected.rejected, outcome.rejected, "rejected"),
		...(expected.message === undefined ? [] : differencesOf(expected.message, outcome.message, "message")),
		...differencesOf(filled(expected.after), after, "after"),
	];
}

function keyIn(payload: Json): string {
	const key = typeof payload === "object" && payload !== null && !Array.isArray(payload) ? payload.key : "k";
	return typeof key === "string" ? key : "k";
}
