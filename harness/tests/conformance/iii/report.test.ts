// What a run of the table tells: where answers differ, what could not be run and why, and the text for people.
import { describe, expect, it } from "vitest";
import type { ConformanceCase } from "../../../src/conformance/iii/conformance-case.ts";
import { differencesOf } from "../../../src/conformance/iii/differences.ts";
import type { ConformanceReport } from "../../../src/conformance/iii/report.ts";
import { runCases } from "../../../src/conformance/iii/run-cases.ts";
import {
	findTarget,
	NoEngineError,
	type Target,
	versionColumn,
} from "../../../src/conformance/iii/target.ts";
import type { EngineOptions } from "../../../src/engine/index.ts";
import { conformanceText } from "../../../src/report/conformance-text.ts";
import type { TriggerRequest } from "../../../src/stores/iii-client.ts";
import { setup } from "../../engine/setup.ts";

const KV: Target = { adapter: "kv", adapterFrom: "given", engineVersion: "0.21.4" };
const PLAIN: ConformanceCase = {
	name: "plain",
	before: 1,
	call: "state::get",
	payload: {},
	answer: 1,
	after: 1,
};
const LIMITED: ConformanceCase = { ...PLAIN, name: "limited", needs: "max_value_bytes" };
const VERSIONED: ConformanceCase = { ...PLAIN, name: "versioned", on: { "0.23": { answer: 2, after: 1 } } };

function runOn(
	cases: readonly ConformanceCase[],
	target: Target = KV,
	options: Partial<EngineOptions> = {},
): Promise<ConformanceReport> {
	const { client, run } = setup(options);
	const table = { cases, doc_url: "https://errors" };
	return run(runCases(client, { table, target, scope: "s", timeoutMs: 1_000 }));
}

describe("a difference", () => {
	it.each([
		[{ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }, [{ at: "it.a[1].b", expected: 2, got: 3 }]],
		[{ list: [] }, { list: {} }, [{ at: "it.list", expected: [], got: {} }]],
		[[1], [1, 2], [{ at: "it[1]", got: 2 }]],
		[{ a: 1 }, {}, [{ at: "it.a", expected: 1 }]],
		[undefined, null, [{ at: "it", got: null }]],
		[{ "é b": null }, { "é b": 0 }, [{ at: 'it["é b"]', expected: null, got: 0 }]],
		[{ $unordered: [1, 2] }, [2, 1], []],
		[{ $unordered: [1, 2] }, [2, 2], [{ at: "it", expected: { $unordered: [1, 2] }, got: [2, 2] }]],
		[{ $contains: "x" }, ["x"], []],
		[{ $lacks: "x" }, ["x"], [{ at: "it", expected: { $lacks: "x" }, got: ["x"] }]],
		[
			{ a: 1, b: 2 },
			{ b: 2, a: 1 },
			[{ at: "the order of the fields of it", expected: ["a", "b"], got: ["b", "a"] }],
		],
		[{ "10": 1, a: 1, "2": 1 }, { "10": 1, a: 1, "2": 1 }, []],
	])("of %j and %j is the smallest part that differs", (expected, got, differences) => {
		expect(differencesOf(expected, got, "it")).toEqual(differences);
	});
});

describe("a run of cases", () => {
	it("tells where an engine answers otherwise, and leaves nothing behind", async () => {
		const wrong = { ...PLAIN, name: "wrong", answer: 2 };
		const gone = { name: "gone", before: 1, call: "state::delete", payload: {}, answer: 1, after: 1 };
		const refused = { name: "refused", call: "state::nothing", payload: {}, rejected: "SET_ERROR" };
		const { results, ok, differ } = await runOn([PLAIN, wrong, gone, refused]);
		expect({ ok, differ }).toEqual({ ok: 1, differ: 3 });
		expect(results.slice(1)).toEqual([
			{ name: "wrong", verdict: "differs", differences: [{ at: "answer", expected: 2, got: 1 }] },
			{ name: "gone", verdict: "differs", differences: [{ at: "after", expected: 1 }] },
			{
				name: "refused",
				verdict: "differs",
				differences: [{ at: "rejected", expected: "SET_ERROR", got: "function_not_found" }],
			},
		]);
	});

	it("looks at the message of a rejected call, and at what the call has left", async () => {
		const refused: ConformanceCase = {
			name: "as expected",
			before: 1,
			call: "state::nothing",
			payload: {},
			rejected: "function_not_found",
			message: "function_not_found: Function state::nothing not found",
			after: 1,
		};
		const { results } = await runOn([
			refused,
			{ ...refused, name: "other message", message: "no" },
			{ ...refused, name: "other value", after: 2 },
		]);
		expect(results).toEqual([
			{ name: "as expected", verdict: "ok" },
			{
				name: "other message",
				verdict: "differs",
				differences: [{ at: "message", expected: "no", got: refused.message }],
			},
			{ name: "other value", verdict: "differs", differences: [{ at: "after", expected: 2, got: 1 }] },
		]);
	});

	it("finds the adapter's own column, and each of its differences", async () => {
		const redis: Target = { ...KV, adapter: "redis" };
		const emptied: ConformanceCase = {
			name: "emptied",
			before: [],
			call: "state::update",
			payload: { ops: [] },
			answer: { new_value: [], old_value: [] },
			after: [],
			on: { redis: { answer: { new_value: {}, old_value: [] }, after: {} } },
		};
		expect(await runOn([emptied], redis, { state: "redis" })).toMatchObject({ ok: 1, differ: 0 });
		expect(await runOn([emptied], KV, { state: "redis" })).toMatchObject({ ok: 0, differ: 1 });
	});

	it("tells what it could not run, and why", async () => {
		const { engineVersion: _, ...silent } = KV;
		const report = await runOn([PLAIN, LIMITED, VERSIONED], silent);
		expect(report).toMatchObject({ ok: 1, differ: 0, notRun: 2 });
		expect(report.results.slice(1)).toEqual([
			{ name: "limited", verdict: "not run", why: "the engine tells of no max_value_bytes" },
			{
				name: "versioned",
				verdict: "not run",
				why: "versions differ in it, and the engine does not tell its own",
			},
		]);
		const huge = await runOn([LIMITED], { ...KV, valueBytesMax: 10_000_000 });
		expect(huge.results[0]).toMatchObject({ verdict: "not run" });
	});

	it.each([
		Object.assign(new Error("TIMEOUT: too late"), { code: "TIMEOUT" }),
		// As iii-sdk 0.11.2 tells it.
		new Error("Invocation timeout after 1ms: state::set"),
	])("asks an engine that has stopped answering nothing more: %s", async (tooLate) => {
		let calls = 0;
		const trigger = async () => {
			calls++;
			if (calls > 3) throw tooLate;
			return calls === 1 ? { old_value: null, new_value: 1 } : 1;
		};
		const table = { cases: [PLAIN, { ...PLAIN, name: "next" }], doc_url: "" };
		const report = await runCases({ trigger }, { table, target: KV, scope: "s", timeoutMs: 1 });
		expect(report.results).toEqual([
			{ name: "plain", verdict: "ok" },
			{ name: "next", verdict: "not run", why: "state::set before it: the engine has stopped answering" },
		]);
		expect(calls).toBe(4);
	});

	it("ends with the reason of its signal", async () => {
		const table = { cases: [PLAIN], doc_url: "" };
		const signal = AbortSignal.abort(new Error("enough"));
		const run = runCases(setup().client, { table, target: KV, scope: "s", timeoutMs: 1, signal });
		await expect(run).rejects.toThrow("enough");
	});
});

describe("an adapter that the table has no column for", () => {
	const answers = (list: unknown) => ({
		trigger: async ({ function_id }: TriggerRequest) =>
			({
				"configuration::get": { value: { adapter: { name: "bridge" } } },
				"state::get": { list },
			})[function_id],
	});

	it.each([
		[[], "kv"],
		[{}, "redis"],
	])("is looked at: %j is of %s", async (list, adapter) => {
		const found = await findTarget({ iii: answers(list), scope: "s", timeoutMs: 5 });
		expect(found).toEqual({ adapter, adapterFrom: "probe" });
	});

	it("cannot be used if it does not keep what is written", async () => {
		const finding = findTarget({ iii: answers(undefined), scope: "s", timeoutMs: 5 });
		await expect(finding).rejects.toThrow("does not answer what was written to it");
	});
});

describe("an engine that is not there", () => {
	const find = (code: string) => {
		const trigger = async (_: TriggerRequest) => {
			throw Object.assign(new Error(`${code}: no`), { code });
		};
		return findTarget({ iii: { trigger }, scope: "s", timeoutMs: 5 });
	};

	it("is told from one that serves no state", async () => {
		await expect(find("TIMEOUT")).rejects.toThrow(new NoEngineError("nothing answered within 5 ms"));
		await expect(find("function_not_found")).rejects.toThrow(/serves no state/);
		await expect(find("GET_ERROR")).rejects.toThrow(/state::get was rejected: GET_ERROR: no/);
	});
});

it("takes every version from 0.22 on for the newest that the table knows", () => {
	const columns = ["0.21.8", "0.22.0", "0.23.0-rc.4", "1.0.0", "soon"].map((engineVersion) =>
		versionColumn({ engineVersion }),
	);
	expect(columns).toEqual(["0.21", "0.23", "0.23", undefined, undefined]);
	expect(versionColumn({})).toBeUndefined();
});

it("shows a line for each case, and what differs below it", async () => {
	const wrong = { ...PLAIN, name: "wrong", answer: { list: [] }, before: { list: {} }, after: { list: {} } };
	expect(conformanceText(await runOn([PLAIN, wrong, LIMITED]))).toBe(`iii 0.21.4, state in kv, as given

ok       plain
differs  wrong
         answer.list
           expected []
           got      {}
not run  limited: the engine tells of no max_value_bytes

3 cases: 1 as expected, 1 differs, 1 not run.
`);
});
