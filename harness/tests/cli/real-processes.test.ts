// The example through the built program: real time, real processes, a ledger as a witness.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { JobReport } from "../../src/job/job-report.ts";
import { createFolder, EXAMPLE, runCli, turnOf } from "./run-cli.ts";

/** Runs the example, and answers the report with how often each call wrote to the ledger. */
async function runExample(...options: readonly string[]) {
	await using folder = await createFolder();
	const ledger = join(folder.path, "ledger.jsonl");
	const result = await runCli(["run", EXAMPLE, "--json", ...options], { LEDGER: ledger });
	expect(result.error.replaceAll(/^\d+ s; .*\n/gm, "")).toBe("");
	const report: JobReport = JSON.parse(result.out);
	const lines = (await readFile(ledger, "utf8")).trimEnd().split("\n");
	const keys = lines.map((line): string => JSON.parse(line).key);
	const written = report.calls.map(({ callId }) => keys.filter((key) => key.endsWith(`/${callId}`)).length);
	return { ...result, report, written, runs: report.calls.map(({ runs }) => runs) };
}

const UNSERIALIZED_ATTEMPTS_MAX = 5;

describe("the example through the built program", () => {
	it("runs every approved call once and no denied one", async () => {
		const { exitCode, runs, written, report } = await runExample();
		expect(report.verdict.violations).toEqual([]);
		expect(exitCode).toBe(0);
		expect(runs).toEqual([1, 1, 1, 1, 0]);
		expect(written).toEqual(runs);
	});

	it("does so with every wake delivered twice", async () => {
		const { exitCode, runs, written } = await runExample("--duplicate", "--workers", "4");
		expect({ exitCode, runs, written }).toEqual({
			exitCode: 0,
			runs: [1, 1, 1, 1, 0],
			written: [1, 1, 1, 1, 0],
		});
	});

	it.each(["2"])("runs none twice that may not when two workers die, seed %s", async (seed) => {
		const { exitCode, runs, written, report } = await runExample(
			"--crash",
			"2",
			"--ttl",
			"500",
			"--seed",
			seed,
		);
		expect(report.verdict.violations).toEqual([]);
		expect(exitCode).toBe(0);
		expect(report.crashes.length).toBeGreaterThan(0);
		expect(Math.max(...runs.slice(1))).toBeLessThanOrEqual(1);
		for (const [index, count] of written.entries()) expect(count).toBeLessThanOrEqual(runs[index] ?? 0);
	});

	it("runs calls twice and ends the turn twice without the lease", async () => {
		for (let attempt = 1; attempt <= UNSERIALIZED_ATTEMPTS_MAX; attempt++) {
			const { exitCode, written, report } = await runExample("--no-serialize");
			if (Math.max(...written) < 2 || (report.events.turn_end ?? 0) < 2) continue;
			expect(exitCode).toBe(2);
			return;
		}
		expect.fail(`No call ran twice in ${UNSERIALIZED_ATTEMPTS_MAX} attempts.`);
	});

	it("stays parked with exit code 3 when nobody decides", async () => {
		const { exitCode, runs, report } = await runExample("--approvals", "none");
		expect({ exitCode, runs }).toEqual({ exitCode: 3, runs: [1, 0, 0, 0, 0] });
		expect(report.finalState).toBe("function_awaiting_approval");
	});

	it("runs every call when all are approved", async () => {
		const { exitCode, runs } = await runExample("--approvals", "all");
		expect({ exitCode, runs }).toEqual({ exitCode: 0, runs: [1, 1, 1, 1, 1] });
	});

	it("shows a text that fits 100 columns", async () => {
		const { exitCode, out } = await runCli(["run", EXAMPLE, "--crash", "1", "--ttl", "500"]);
		expect(exitCode).toBe(0);
		expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
		expect(out).toContain("toolu_pay_1");
	});
});

describe("a turn of one call", () => {
	it("shows a function that fails as an error, and is kept", async () => {
		await using folder = await createFolder();
		const functions = { note: { command: ["node", "-e", "console.error('no ink'); process.exit(4)"] } };
		const path = await folder.write("turn.json", turnOf({ functions }));
		const { exitCode, out } = await runCli(["run", path, "--approvals", "all"]);
		expect(exitCode).toBe(0);
		expect(out).toContain('error: "note" ended with exit code 4: no ink');
	});

	it("runs in the turn file's folder, with paths relative to it, the key and the epoch", async () => {
		await using folder = await createFolder();
		const script =
			"console.log(JSON.stringify([process.cwd(), process.env.SESSION_LEASE_IDEMPOTENCY_KEY, process.env.SESSION_LEASE_EPOCH]))";
		await folder.write("where.cjs", script);
		const functions = { note: { command: ["node", "./where.cjs"], approval: false } };
		const path = await folder.write("turn.json", turnOf({ session_id: "here", functions }));
		const { exitCode, out } = await runCli(["run", path, "--json"]);
		expect(exitCode).toBe(0);
		const [place, key, epoch] = JSON.parse(JSON.parse(out).calls[0].text);
		expect({ place: place.endsWith(folder.path), key, epoch }).toEqual({
			place: true,
			key: "here/call_1",
			epoch: "2",
		});
	});

	it("stops with `stopped` at once when its function may end the turn", async () => {
		await using folder = await createFolder();
		const functions = {
			note: { command: ["node", "-e", "console.log('bye')"], approval: false, terminate: true },
		};
		const path = await folder.write("turn.json", turnOf({ functions }));
		const { exitCode, out } = await runCli(["run", path]);
		expect(exitCode).toBe(0);
		expect(out).toContain("ok: bye");
	});

	it("tells how it goes when it takes longer than a second", async () => {
		await using folder = await createFolder();
		const functions = { note: { command: ["node", "-e", "setTimeout(() => {}, 1500)"], approval: false } };
		const path = await folder.write("turn.json", turnOf({ functions }));
		const { exitCode, error } = await runCli(["run", path]);
		expect(exitCode).toBe(0);
		expect(error).toMatch(/^1 s; before the decisions; 0 of 1 calls have ended; running: call_1$/m);
	});
});

it("says how it is used", async () => {
	const { exitCode, out } = await runCli(["--help"]);
	expect(exitCode).toBe(0);
	for (const option of [
		"--url",
		"--workers",
		"--approvals",
		"--duplicate",
		"--crash",
		"--seed",
		"--no-serialize",
		"--ttl",
		"--json",
	]) {
		expect(out).toContain(option);
	}
});
