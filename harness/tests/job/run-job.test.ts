import { describe, expect, it } from "vitest";
import type { JobReport } from "../../src/job/job-report.ts";
import { reportJson } from "../../src/report/json.ts";
import { reportText } from "../../src/report/text.ts";
import { memoryStore } from "../../src/stores/memory-store.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { mixOf, readExample, runSeededJob, type SeededOptions } from "./seeded-job.ts";

expectNoUnhandledRejections();

const example = await readExample();
const run = (options: SeededOptions) => runSeededJob(example, options);
const runsOf = ({ calls }: JobReport) => calls.map(({ runs }) => runs);

describe("without the lease", () => {
	it("runs calls twice and ends the turn twice, with nothing but the usual latencies", async () => {
		let twice = 0;
		let endedTwice = 0;
		for (let seed = 1; seed <= 150; seed++) {
			const report = await run({ seed, serialize: false, workers: 3 });
			if (runsOf(report).some((runs) => runs > 1)) twice++;
			if ((report.events.turn_end ?? 0) > 1) endedTwice++;
			if (report.verdict.exitCode === 0) expect(runsOf(report)).toEqual([1, 1, 1, 1, 0]);
		}
		expect(twice).toBeGreaterThan(120);
		expect(endedTwice).toBeGreaterThan(100);
	});
});

describe("under the lease", () => {
	it("runs every approved call once, every denied one never, and ends once", async () => {
		const report = await run({ seed: 1 });
		expect(runsOf(report)).toEqual([1, 1, 1, 1, 0]);
		expect(report.calls.map(({ outcome }) => outcome)).toEqual(["ok", "ok", "ok", "ok", "denied"]);
		expect(report).toMatchObject({ finalState: "stopped", heldBy: null, atRest: true, deadLetters: [] });
		expect(report.events.turn_end).toBe(1);
		expect(report.verdict).toEqual({ result: "kept", exitCode: 0, violations: [] });
		expect(report.turnedAway).toBeGreaterThan(0);
	});

	it("gives the same bytes for the same seed", async () => {
		for (const seed of [1, 7, 13, 26]) {
			const reports = [await run(mixOf(seed)), await run(mixOf(seed))] as const;
			expect(reportJson(reports[0])).toBe(reportJson(reports[1]));
			expect(reportText(reports[0])).toBe(reportText(reports[1]));
		}
	});

	it("stays parked when nobody decides, and runs only what needs no approval", async () => {
		const report = await run({ seed: 1, decisions: new Map() });
		expect(runsOf(report)).toEqual([1, 0, 0, 0, 0]);
		expect(report.finalState).toBe("function_awaiting_approval");
		expect(report.events.turn_end).toBeUndefined();
		expect(report.verdict).toMatchObject({ result: "parked", exitCode: 3 });
	});

	it("stays parked, with the approved calls run, when one decision is missing", async () => {
		const decisions = new Map(example.decisions);
		decisions.delete("toolu_mail");
		const report = await run({ seed: 1, decisions });
		expect(runsOf(report)).toEqual([1, 1, 1, 0, 0]);
		expect(report.verdict).toMatchObject({ result: "parked", exitCode: 3 });
	});

	it("comes to rest when nobody decides, although every wake is delivered twice", async () => {
		for (let seed = 1; seed <= 20; seed++) {
			const report = await run({ seed, duplicate: true, decisions: new Map() });
			expect(report.verdict.exitCode).toBe(3);
			expect(report.epochs.length).toBeLessThan(30);
		}
	});

	it("tells a call whose worker died in the middle as interrupted", async () => {
		const outcomes = new Set<string>();
		for (let seed = 1; seed <= 200 && !outcomes.has("interrupted"); seed++) {
			const report = await run({ seed, crashes: 2 });
			for (const { outcome } of report.calls) outcomes.add(outcome);
			expect(report.verdict.result).toBe("kept");
		}
		expect(outcomes).toContain("interrupted");
	});

	it("ends at its limit, and says that it was not at rest", async () => {
		const functions = {
			needsApproval: () => true,
			isIdempotent: () => false,
			run: () => new Promise<never>(() => undefined),
		};
		const report = await run({ seed: 1, functions, limitMs: 10_000 });
		expect(report).toMatchObject({ atRest: false, elapsedMs: 10_000 });
		expect(report.verdict.exitCode).toBe(2);
		expect(report.verdict.violations).toContain("The job was not at rest within 10000 ms.");
	});

	it("rejects with the signal's reason when it is ended from outside", async () => {
		const reason = new Error("Enough.");
		const ended = new AbortController();
		const functions = {
			needsApproval: () => false,
			isIdempotent: () => false,
			async run() {
				ended.abort(reason);
				return "late";
			},
		};
		await expect(run({ seed: 1, functions, signal: ended.signal })).rejects.toBe(reason);
	});
});

describe("with the leases in a store of their own", () => {
	it("keeps every promise, whoever dies at a call to that store", async () => {
		const died = new Set<string>();
		for (let seed = 7; seed <= 30; seed++) {
			const report = await run({ ...mixOf(seed), store: memoryStore() });
			expect(report.verdict, `seed ${seed}`).toEqual({ result: "kept", exitCode: 0, violations: [] });
			expect(report.storeCalls["store::update"]).toBeGreaterThan(0);
			for (const { call, moment } of report.crashes) died.add(`${moment} ${call}`);
		}
		const moments = ["before", "applied", "after"].map((moment) => `${moment} store::update`);
		expect([...died]).toEqual(expect.arrayContaining(moments));
	});

	it("leaves nothing of the leases in the engine's state", async () => {
		const store = memoryStore();
		const report = await run({ seed: 1, store, storeUrl: "memory:" });
		expect(report.storeCalls["state::update"] ?? 0).toBeLessThan(
			report.storeCalls["store::update"] as number,
		);
		expect(Object.keys(await store.read(report.settings.sessionId))).not.toEqual([]);
		expect(reportText(report)).toMatch(/^Store {15}memory:$/m);
	});
});
