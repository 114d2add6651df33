// The in-process engine against the table of cases, which real engines have answered.
import { describe, expect, it } from "vitest";
import { type Adapter, readCaseTable } from "../../../src/conformance/iii/conformance-case.ts";
import { expectationOf } from "../../../src/conformance/iii/expected.ts";
import { runCases } from "../../../src/conformance/iii/run-cases.ts";
import { findTarget } from "../../../src/conformance/iii/target.ts";
import type { EngineOptions } from "../../../src/engine/index.ts";
import { setup } from "../../engine/setup.ts";

const table = await readCaseTable();
const SCOPE = "cases";
const TIMEOUT_MS = 1_000;

const columns: readonly (readonly [Adapter, string, Partial<EngineOptions>])[] = [
	["kv", "0.21", { state: "kv" }],
	["kv", "0.23", { state: "kv", like: "0.23" }],
	["file", "0.21", { state: "kv" }],
	["redis", "0.21", { state: "redis" }],
	["redis", "0.23", { state: "redis", like: "0.23" }],
];

describe.each(columns)(
	"the in-process engine as iii with %s in version %s",
	(adapter, engineVersion, options) => {
		it("answers every case as iii does", async () => {
			const { client, run, engine } = setup({ ...options, maxValueBytes: 1_000 });
			const target = { adapter, adapterFrom: "given", engineVersion, valueBytesMax: 1_000 } as const;
			const report = await run(runCases(client, { table, target, scope: SCOPE, timeoutMs: TIMEOUT_MS }));
			expect(report.results.filter(({ verdict }) => verdict !== "ok")).toEqual([]);
			expect(report.ok).toBe(table.cases.length);
			expect(engine.state(SCOPE)).toEqual({});
		});
	},
);

describe("the table", () => {
	it("names each case once", () => {
		const names = table.cases.map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
	});

	it("has the 93 updates it began with, and tells redis and versions apart", () => {
		expect(table.cases.filter(({ call }) => call === "state::update").length).toBeGreaterThan(93);
		const redis = table.cases.filter(({ on }) => on?.redis);
		expect(redis.length).toBeGreaterThan(40);
		for (const one of redis) {
			const [kv, other] = (["kv", "redis"] as const).map((adapter) =>
				expectationOf(one, { adapter, version: "0.21" }),
			);
			expect({ answer: kv?.answer, after: kv?.after }, one.name).not.toEqual({ ...other });
		}
		expect(table.cases.some(({ on }) => on?.["0.23"])).toBe(true);
	});
});

describe("what an engine tells of itself", () => {
	it.each(["kv", "redis"] as const)("is its adapter, %s, as configured and as probed", async (state) => {
		const { client, run } = setup({ state, maxValueBytes: 5 });
		const ports = { iii: client, scope: SCOPE, timeoutMs: TIMEOUT_MS };
		expect(await run(findTarget(ports))).toMatchObject({
			adapter: state,
			adapterFrom: "configuration",
			valueBytesMax: 5,
		});
		const silent = {
			trigger: (request: Parameters<typeof client.trigger>[0]) =>
				request.function_id === "configuration::get"
					? Promise.reject(new Error("NOT_FOUND"))
					: client.trigger(request),
		};
		expect(await run(findTarget({ ...ports, iii: silent }))).toMatchObject({
			adapter: state,
			adapterFrom: "probe",
		});
	});

	it("is `file` where kv writes to a file, and the version of its state worker", async () => {
		const answers: Record<string, unknown> = {
			"configuration::get": {
				value: { adapter: { name: "kv", config: { store_method: "file_based" } } },
			},
			"engine::workers::list": {
				workers: [
					{ name: "other", version: "9" },
					{ name: "iii-state", version: "0.21.4" },
				],
			},
		};
		const iii = { trigger: async ({ function_id }: { function_id: string }) => answers[function_id] };
		expect(await findTarget({ iii, scope: SCOPE, timeoutMs: TIMEOUT_MS })).toEqual({
			adapter: "file",
			adapterFrom: "configuration",
			engineVersion: "0.21.4",
		});
	});
});
