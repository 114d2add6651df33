// The history of the main job, on virtual time: it holds with the lease, and shows the race without.
import { describe, expect, it } from "vitest";
import { createNearLink } from "../../src/engine/index.ts";
import { checkHistory, HISTORY_HEADER, type HistoryLine, parseHistory } from "../../src/history/index.ts";
import { type JobOptions, runJob } from "../../src/job/run-job.ts";
import { createRandom } from "../../src/system/random.ts";
import { createVirtualTime } from "../../src/system/virtual-time.ts";
import { readExample } from "../job/seeded-job.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

const example = await readExample();

/** What is recorded of the example's turn, and what comes of it. */
async function recordJob(options: Partial<JobOptions> & { readonly seed: number }) {
	const time = createVirtualTime();
	const work = createRandom(options.seed);
	const { turn, decisions } = example;
	const lines: HistoryLine[] = [];
	let ids = 0;
	const functions = {
		needsApproval: ({ function_id }: { function_id: string }) =>
			turn.functions.get(function_id)?.needsApproval ?? true,
		isIdempotent: ({ function_id }: { function_id: string }) =>
			turn.functions.get(function_id)?.idempotent ?? false,
		async run() {
			await time.wait(work.integer(0, 60));
			return "done";
		},
	};
	const { sessionId, message } = turn;
	const travel = async () => time.wait(work.integer(0, 4));
	const job = runJob(
		{ sessionId, message, decisions, functions, limitMs: 120_000, ...options },
		{
			...time,
			newId: () => `id-${++ids}`,
			link: async (request, apply) => {
				await travel();
				return createNearLink(time.wait)(request, apply);
			},
			record: (line) => lines.push(line),
		},
	);
	const report = await time.run(job);
	const text = [HISTORY_HEADER, ...lines].map((line) => JSON.stringify(line)).join("\n");
	return { report, lines, judged: checkHistory(parseHistory(text)) };
}

const SEEDS = 25;

describe("the history of a job", () => {
	it.each([
		["by default", {}],
		["with two crashes", { crashes: 2 }],
		["with every wake delivered twice", { duplicate: true, workers: 4 }],
	] as const)("holds %s", async (_, options) => {
		let unknown = 0;
		for (let seed = 1; seed <= SEEDS; seed++) {
			const { report, lines, judged } = await recordJob({ seed, ...options });
			expect(report.verdict.result).toBe("kept");
			const sentences = judged.checks.flatMap(({ findings }) => findings.map(({ sentence }) => sentence));
			expect({ seed, verdict: judged.verdict, sentences }).toEqual({ seed, verdict: "held", sentences: [] });
			for (const { name, evaluated } of judged.checks) {
				if (name !== "versioned register") expect(evaluated, name).toBeGreaterThan(0);
			}
			const invokes = lines.filter(({ type }) => type === "invoke").length;
			unknown += invokes - (lines.length - invokes);
			const granted = lines.filter((line) => line.type === "ok" && line.epoch !== undefined).length;
			expect(granted).toBeGreaterThanOrEqual(report.epochs.length);
		}
		if ("crashes" in options) expect(unknown).toBeGreaterThan(0);
	});

	it("has every run of a call as an effect, keyed by the call's id, that says whether it may be repeated", async () => {
		const { report, lines } = await recordJob({ seed: 1 });
		const effects = lines.filter((line) => line.type === "invoke" && line.call === "effect");
		const expected = report.calls.filter(({ runs }) => runs > 0);
		expect(effects).toHaveLength(expected.length);
		for (const { callId, idempotent } of expected) {
			expect(effects).toContainEqual(
				expect.objectContaining({ key: callId, ...(idempotent ? { repeatable: true } : {}) }),
			);
		}
		expect(effects.filter((line) => "repeatable" in line)).toHaveLength(1);
	});

	it("is violated without the lease: effects are begun twice", async () => {
		let violated = 0;
		for (let seed = 1; seed <= SEEDS; seed++) {
			const { report, judged } = await recordJob({ seed, serialize: false });
			const twice = report.calls.some(({ runs, idempotent }) => runs > 1 && !idempotent);
			const names = judged.checks.filter(({ verdict }) => verdict === "violated").map(({ name }) => name);
			expect(names).toEqual(twice ? ["duplicate effects"] : []);
			if (twice) violated++;
		}
		expect(violated).toBeGreaterThan(SEEDS / 2);
	});

	it("has a time of its own in each line", async () => {
		const { lines } = await recordJob({ seed: 3 });
		for (const [index, { time }] of lines.entries())
			expect(time).toBeGreaterThan(lines[index - 1]?.time ?? -1);
	});
});
