// Parallel approvals in a hostile world: what holds whatever happens.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SOAK_LIMIT_MS, soakTimes } from "../support/soak.ts";
import { World, type WorldOutcome } from "./world.ts";
import { arbitraryPlan, FAULTS, type PlannedCall, type WorldPlan } from "./world-plan.ts";

/** How often each thing happened: a property of what never happened has shown nothing. */
const seen = new Map<string, number>();
const count = (what: string, times = 1) => seen.set(what, (seen.get(what) ?? 0) + times);

function countSeen({ leaseEvents, happened, record, batons, runs }: WorldOutcome): void {
	for (const event of leaseEvents) {
		count(event.type);
		if (event.type === "granted" && event.takeover) count("takeover");
		if (event.type === "released" && event.turnedAway > 0) count("baton");
	}
	for (const fault of happened) count(fault);
	count("stale wake", batons);
	const results = Object.values(record?.work?.executed ?? {}).map(({ result }) => result);
	count(
		"interrupted",
		results.filter(({ details }) => (details as { interrupted?: true } | null)?.interrupted).length,
	);
	count("run again", [...runs.values()].filter((times) => times > 1).length);
}

function checkCall(call: PlannedCall, outcome: WorldOutcome): void {
	const executed = outcome.record?.work?.executed[call.id];
	const runs = outcome.runs.get(call.id) ?? 0;
	const decision = call.approval ? outcome.record?.work?.decisions?.[call.id]?.decision : "allow";
	expect(executed, `${call.id} has a result`).toBeDefined();
	if (decision !== "allow") {
		expect(runs, `${call.id} was not allowed and never ran`).toBe(0);
		return;
	}
	if (!call.idempotent) expect(runs, `${call.id} ran at most once`).toBeLessThanOrEqual(1);
	if (!outcome.disturbed) expect(runs, `${call.id} ran exactly once`).toBe(1);
	const details = executed?.result.details as { ran?: string; interrupted?: true };
	if (details.interrupted) {
		expect(outcome.disturbed, `${call.id} was interrupted by something`).toBe(true);
		expect(call.idempotent).toBe(false);
	} else {
		expect(details.ran, `${call.id} has its own result`).toBe(call.id);
		expect(runs).toBeGreaterThanOrEqual(1);
	}
}

function checkDecisions(plan: WorldPlan, { resolved, record }: WorldOutcome): void {
	for (const { callId, decision, ok } of resolved) {
		const final = record?.work?.decisions?.[callId]?.decision;
		expect(ok, `resolve(${callId}, ${decision}) told the truth, it is ${final}`).toBe(decision === final);
	}
	for (const { id, approval, decision } of plan.calls) {
		if (approval)
			expect(record?.work?.decisions?.[id]?.decision, `${id}: the first decision counts`).toBe(decision);
	}
}

function checkAll(plan: WorldPlan, outcome: WorldOutcome): void {
	const { record, events, leaseEvents, disturbed } = outcome;
	expect(record?.state, "the turn has ended: no wake was lost").toBe("stopped");
	for (const call of plan.calls) checkCall(call, outcome);
	checkDecisions(plan, outcome);
	expect(events.filter(({ type }) => type === "turn_end")).toHaveLength(1);
	expect(events.at(-1)?.type, "nothing follows the end of the turn").toBe("turn_end");
	const granted = leaseEvents.filter(({ type }) => type === "granted").map(({ epoch }) => epoch);
	expect(new Set(granted).size, "no epoch was granted twice").toBe(granted.length);
	if (!disturbed) {
		expect(granted, "epochs strictly increase").toEqual([...granted].sort((a, b) => a - b));
		expect(outcome.leaseState, "no lease is left held").toBe("free");
	}
	const stray = outcome.happened.length === 0 && !disturbed ? 0 : 4;
	expect(outcome.fields, "the record stays small").toBeLessThanOrEqual(12 + stray);
}

const run = async (plan: WorldPlan) => {
	const outcome = await new World(plan).run();
	countSeen(outcome);
	checkAll(plan, outcome);
};

describe("parallel approvals", () => {
	it("run each approved call once and end the turn once, when nothing fails", {
		timeout: SOAK_LIMIT_MS,
	}, async () => {
		await fc.assert(fc.asyncProperty(arbitraryPlan(0), run), { numRuns: 100 * soakTimes });
	});

	it("run each approved call at most once and end the turn once, whatever fails", {
		timeout: SOAK_LIMIT_MS,
	}, async () => {
		await fc.assert(fc.asyncProperty(arbitraryPlan(5), run), { numRuns: 250 * soakTimes });
	});

	it("were seen turned away, taken over, interrupted and struck by every fault", () => {
		const expected = [
			"baton",
			"stale wake",
			"turned_away",
			"takeover",
			"abandoned",
			"lost",
			"interrupted",
			"run again",
		];
		for (const what of [...expected, ...FAULTS]) expect(seen.get(what) ?? 0, what).toBeGreaterThan(5);
	});
});
