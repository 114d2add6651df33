// `session-lease conform`: against an engine behind the wire protocol, and with arguments that it cannot use.
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { readCaseTable } from "../../src/conformance/iii/conformance-case.ts";
import type { StateAdapterName } from "../../src/engine/state-adapter.ts";
import { realClock, realWait } from "../../src/system/real-time.ts";
import { serveEngine } from "../../src/wire/serve-engine.ts";
import { type CliResult, runProgramHere } from "./run-cli.ts";

const { cases } = await readCaseTable();

async function conformTo(state: StateAdapterName, ...more: readonly string[]): Promise<CliResult> {
	const ports = { clock: realClock, wait: realWait, newId: randomUUID, triggerDelayMs: () => 0 };
	const served = await serveEngine({ port: 0, state }, ports);
	try {
		const result = await runProgramHere(["conform", "--url", served.url, ...more]);
		const { groups } = await served.engine.connect().trigger({
			function_id: "state::list_groups",
			payload: {},
		});
		for (const scope of groups as string[]) expect(served.engine.state(scope)).toEqual({});
		return result;
	} finally {
		await served.close();
	}
}

describe("conform", () => {
	it.each(["kv", "redis"] as const)("finds that an engine on %s answers as expected", async (state) => {
		const { exitCode, out, error } = await conformTo(state);
		expect({ exitCode, error }).toEqual({ exitCode: 0, error: "" });
		const lines = out.split("\n");
		expect(lines[0]).toBe(`iii 0.21, state in ${state}, as it is configured`);
		expect(lines.filter((line) => /^(ok|not run) {2}/.test(line))).toHaveLength(cases.length);
		const notRun = lines.filter((line) => line.startsWith("not run"));
		expect(notRun.map((line) => line.slice(line.indexOf(": ") + 2)).sort()).toEqual([
			"the engine tells of no max_value_bytes",
			"the engine tells of no max_value_bytes",
		]);
		expect(lines.at(-2)).toBe(`${cases.length} cases: ${cases.length - 2} as expected, 0 differ, 2 not run.`);
	});

	it("shows what differs from the adapter that was given, and answers 2", async () => {
		const { exitCode, out } = await conformTo("kv", "--adapter", "redis");
		expect(exitCode).toBe(2);
		expect(out).toContain(`differs  no op leaves an empty array alone
         answer.new_value.list
           expected {}
           got      []
`);
	});

	it("gives the report as JSON", async () => {
		const { exitCode, out } = await conformTo("redis", "--json");
		expect(exitCode).toBe(0);
		expect(JSON.parse(out)).toMatchObject({
			target: { adapter: "redis", adapterFrom: "configuration" },
			ok: cases.length - 2,
			differ: 0,
			notRun: 2,
		});
	});

	it.each([
		[[], /^session-lease: Expected the URL of an engine/],
		[["--url", "http://127.0.0.1"], /^session-lease: Expected the URL of an iii engine, as in ws:/],
		[["--url", "ws://127.0.0.1:1", "more"], /"more" is one argument too many/],
		[["--url", "ws://127.0.0.1:1", "--adapter", "bridge"], /kv, file or redis, got "bridge"/],
		[["--url", "ws://127.0.0.1:1", "--seed", "1"], /--seed is no option of conform/],
	])("refuses %j", async (given, message) => {
		const { exitCode, out, error } = await runProgramHere(["conform", ...given]);
		expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
		expect(error).toMatch(message);
	});
});
