// What a run records is a history that the checker judges: by its own way, what the properties judge by theirs.
import { describe, expect, it } from "vitest";
import { Coverage } from "../../src/explore/monitor.ts";
import { runSchedule } from "../../src/explore/run.ts";
import { drawByPriority, drawUniformly, swarmOf } from "../../src/explore/sampling.ts";
import { advance, contenders, look, writeTwice } from "../../src/explore/spaces/contenders.ts";
import { recordedHistory } from "../../src/explore/trace-history.ts";
import { checkHistory, parseHistory } from "../../src/history/index.ts";
import { createRandom } from "../../src/system/random.ts";

const space = contenders({
	name: "hostile",
	faults: { crash: 1, expiry: 2, lostReply: 1, delay: 1, twice: 1, pause: 1, skew: 1 },
	work: { a: [writeTwice, advance], b: [advance, look], c: [look, writeTwice] },
});

const historyOf = async (seed: number) => {
	const random = createRandom(seed);
	const swarm = swarmOf(space.faults ?? {}, random);
	const decide =
		seed % 2 === 0
			? drawUniformly(random, swarm)
			: drawByPriority(random, swarm, { changes: 2, stepsExpected: 40 });
	const coverage = new Coverage(space.properties);
	const { trace } = await runSchedule(space, { decide, coverage, stepsMax: 500, traces: true });
	return recordedHistory(trace);
};

describe("the history of a run", () => {
	it("holds, whatever has gone wrong", async () => {
		const evaluated = new Map<string, number>();
		for (let seed = 0; seed < 200; seed++) {
			const report = checkHistory(parseHistory(await historyOf(seed)));
			expect(report.verdict, JSON.stringify(report.checks)).toBe("held");
			for (const check of report.checks) {
				evaluated.set(check.name, (evaluated.get(check.name) ?? 0) + check.evaluated);
			}
		}
		expect(Math.max(...evaluated.values())).toBeGreaterThan(500);
	});

	it("is violated if one value that was loaded is another one", async () => {
		let changedCount = 0;
		for (let seed = 0; seed < 20; seed++) {
			const history = (await historyOf(seed)).trimEnd().split("\n");
			const loads = history.findIndex((line) => /"type":"ok","epoch":\d+,"value"/.test(line));
			if (loads < 0) continue;
			const changed = { ...JSON.parse(history[loads] ?? ""), value: '["9.x.9"]' };
			const text = history.with(loads, JSON.stringify(changed)).join("\n");
			expect(checkHistory(parseHistory(text)).verdict).toBe("violated");
			changedCount++;
		}
		expect(changedCount).toBeGreaterThan(5);
	});
});
