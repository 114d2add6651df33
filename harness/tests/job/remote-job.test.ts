import { describe, expect, it } from "vitest";
import type { Engine } from "../../src/engine/index.ts";
import type { JobReport } from "../../src/job/job-report.ts";
import { reportJson } from "../../src/report/json.ts";
import { reportText } from "../../src/report/text.ts";
import type { TriggerRequest } from "../../src/stores/iii-client.ts";
import { newTurn, type TurnRecord } from "../../src/turn/record.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { type RemoteSetup, remotely, SHOWN_URL } from "./remote-setup.ts";
import { mixOf, readExample, runSeededJob, type SeededOptions } from "./seeded-job.ts";

expectNoUnhandledRejections();

const example = await readExample();
const run = (options: SeededOptions, setup: RemoteSetup = {}) =>
	runSeededJob(example, { engineUrl: SHOWN_URL, ...options }, remotely(setup));
const runsOf = ({ calls }: JobReport) => calls.map(({ runs }) => runs);

const PATIENT = { max_retries: 9, backoff_ms: 100 };

describe("a job on an engine that it only has connections to", () => {
	it("keeps what it keeps on an engine in this process, with the same crashes and duplicates", async () => {
		const seen = { crashes: 0, takeovers: 0, turnedAway: 0 };
		for (let seed = 1; seed <= 36; seed++) {
			const report = await run(mixOf(seed), { queue: PATIENT });
			expect(report.verdict, `seed ${seed}`).toEqual({ result: "kept", exitCode: 0, violations: [] });
			expect(report).toMatchObject({ atRest: true, heldBy: null, finalState: "stopped", deadLetters: [] });
			seen.crashes += report.crashes.length;
			seen.takeovers += report.epochs.filter(({ takeover }) => takeover).length;
			seen.turnedAway += report.turnedAway;
		}
		for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
	});

	it("survives two deaths where a message is delivered three times in three seconds", async () => {
		for (let seed = 1; seed <= 20; seed++) {
			const report = await run({ seed, crashes: 2 });
			expect(report.verdict.violations, `seed ${seed}`).toEqual([]);
		}
	});

	it("gives the same bytes for the same seed", async () => {
		const reports = [await run(mixOf(6)), await run(mixOf(6))] as const;
		expect(reportJson(reports[0])).toBe(reportJson(reports[1]));
	});

	it("runs calls twice without the lease", async () => {
		const reports = await Promise.all([1, 2, 3, 4, 5].map((seed) => run({ seed, serialize: false })));
		const violated = reports.filter(({ verdict }) => verdict.result === "violated");
		expect(violated.length).toBeGreaterThan(0);
		for (const report of violated) expect(Math.max(...runsOf(report))).toBeGreaterThan(1);
		for (const report of reports) expect(report.atRest).toBe(true);
	});

	it("stays parked when nobody decides", async () => {
		const report = await run({ seed: 1, duplicate: true, decisions: new Map() });
		expect(runsOf(report)).toEqual([1, 0, 0, 0, 0]);
		expect(report.verdict).toMatchObject({ result: "parked", exitCode: 3 });
	});

	it("sends every wake twice, each one told from its twin", async () => {
		const ids: unknown[] = [];
		const swallows = ({ action, payload }: TriggerRequest) => {
			if (action?.type === "enqueue") ids.push((payload as { wake_id?: unknown }).wake_id);
			return false;
		};
		await run({ seed: 1, duplicate: true, decisions: new Map() }, { swallows });
		expect(ids.length % 2).toBe(0);
		expect(ids.length).toBeGreaterThan(2);
		expect(new Set(ids).size).toBe(ids.length);
	});

	it("says where it ran, and that wakes were sent twice", async () => {
		const text = reportText(await run({ seed: 1, duplicate: true }));
		expect(text).toContain("every wake sent twice");
		expect(text).toContain(`Engine              ${SHOWN_URL}`);
	});
});

describe("rest", () => {
	it("is not called while a message waits for its next delivery, however long that is", async () => {
		let waited = 0;
		for (let seed = 1; seed <= 8; seed++) {
			const report = await run({ seed, crashes: 1 }, { queue: { max_retries: 4, backoff_ms: 20_000 } });
			expect(report.verdict.violations, `seed ${seed}`).toEqual([]);
			if (report.elapsedMs > 20_000) waited++;
		}
		expect(waited).toBeGreaterThan(0);
	});

	it("comes when every message was given up, and the dead letters are told", async () => {
		let stuck: JobReport | undefined;
		for (let seed = 1; seed <= 20 && stuck?.verdict.result !== "violated"; seed++) {
			stuck = await run({ seed, crashes: 3 }, { queue: { max_retries: 1 } });
			expect(stuck.atRest, `seed ${seed}`).toBe(true);
		}
		expect(stuck?.verdict.result).toBe("violated");
		expect(stuck?.deadLetters?.length).toBeGreaterThan(0);
		expect(stuck?.elapsedMs).toBeLessThan(60_000);
	});

	it("does not come while the engine does not tell its dead letters, and these are called unknown", async () => {
		const swallows = ({ function_id }: { function_id: string }) =>
			function_id === "engine::queue::dlq_messages";
		const whole = await run({ seed: 1 }, { swallows });
		expect(whole).toMatchObject({ deadLetters: null, atRest: true, verdict: { result: "kept" } });
		expect(reportText(whole)).toContain("Dead letters        unknown");
		let unknown: JobReport | undefined;
		for (let seed = 1; seed <= 20 && unknown?.atRest !== false; seed++) {
			unknown = await run({ seed, crashes: 3 }, { swallows, queue: { max_retries: 1 } });
		}
		expect(unknown).toMatchObject({ atRest: false, deadLetters: null });
	});
});

describe("an engine that is lost", () => {
	it.each(["before the decisions", "after them"])("ends the job %s", async (when) => {
		let calls = 0;
		const lostAt = when === "after them" ? 60 : 20;
		const swallows = () => ++calls > lostAt;
		const lost = run({ seed: 1 }, { swallows });
		await expect(lost).rejects.toThrow(`The engine at ${SHOWN_URL} gives no answer any more`);
	});
});

describe("others on the engine", () => {
	it("are not touched: a decision on a session of theirs runs none of it here", async () => {
		const sessionId = "theirs";
		let engine: Engine | undefined;
		const record: TurnRecord = {
			...newTurn(sessionId, example.turn.message, 0),
			state: "function_awaiting_approval",
		};
		const onEngine = (made: Engine) => {
			engine = made;
		};
		const functions = {
			needsApproval: () => false,
			isIdempotent: () => false,
			async run() {
				const client = engine?.connect();
				const state = { scope: "turn_state", key: sessionId, value: record };
				await client?.trigger({ function_id: "state::set", payload: state });
				const value = { decision: "allow", reason: null };
				const approval = { scope: "approvals", key: `${sessionId}/toolu_pay_1`, value };
				await client?.trigger({ function_id: "state::set", payload: approval });
				return "done";
			},
		};
		const report = await run({ seed: 1, functions, decisions: new Map() }, { onEngine });
		expect(report.verdict.violations).toEqual([]);
		expect(engine?.state("turn_state")).toEqual({ [sessionId]: record });
		expect(Object.keys(engine?.state("session_lease") ?? {})).toEqual([report.settings.sessionId]);
	});
});
