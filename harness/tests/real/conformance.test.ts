// The table of cases on a real iii engine, in every store of its state.
import { describe, expect, it } from "vitest";
import { readCaseTable } from "../../src/conformance/iii/conformance-case.ts";
import { runCases } from "../../src/conformance/iii/run-cases.ts";
import { findTarget } from "../../src/conformance/iii/target.ts";
import { conformanceText } from "../../src/report/conformance-text.ts";
import { engineBinary, engineVersion, startEngine, stateStores, tellNotTested } from "./iii-engine.ts";

const SCOPE = "session-lease-conformance-test";
const TIMEOUT_MS = 5_000;

if (engineBinary === undefined) {
	tellNotTested("conformance of a real iii engine", "III_ENGINE names no binary");
}

describe.skipIf(engineBinary === undefined)("a real iii engine", () => {
	for (const state of stateStores) {
		it(`answers every case as the table says, with its state in ${state}`, async () => {
			const engine = await startEngine(engineBinary as string, { state, maxValueBytes: 65_536 });
			try {
				const iii = engine.connect();
				const target = await findTarget({ iii, scope: SCOPE, timeoutMs: TIMEOUT_MS });
				expect(target).toEqual({
					adapter: state,
					adapterFrom: "configuration",
					engineVersion,
					valueBytesMax: 65_536,
				});
				const table = await readCaseTable();
				const report = await runCases(iii, { table, target, scope: SCOPE, timeoutMs: TIMEOUT_MS });
				expect(report.differ + report.notRun, conformanceText(report)).toBe(0);
				expect(report.ok).toBe(table.cases.length);
				expect(await iii.trigger({ function_id: "state::list", payload: { scope: SCOPE } })).toEqual([]);
				process.stdout.write(`iii ${engineVersion} in ${state}: ${report.ok} cases as expected\n`);
			} finally {
				await engine.stop();
			}
		}, 60_000);
	}
});
