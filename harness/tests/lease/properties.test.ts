// The lease's guarantees, on schedules that nobody has thought of.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	type AtomicStore,
	createLeases,
	hasCode,
	type LeaseLostError,
	memoryStore,
} from "../../src/index.ts";
import { createBench, SESSION, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { arbitraryDecision, scripted } from "../support/decisions.ts";
import type { Fate } from "../support/faulty-store.ts";
import { checkHistory, tokenOf } from "../support/history-checks.ts";
import { leaseCommands, startModel, startReal } from "../support/lease-commands.ts";
import { simulateLeases } from "../support/lease-simulation.ts";
import { type Counts, createRecorder, type Recorder, tokensOf } from "../support/recorder.ts";
import type { SimulationSettings } from "../support/simulated-world.ts";
import { createSimulation } from "../support/simulation.ts";
import { SOAK_LIMIT_MS, soakTimes } from "../support/soak.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

describe("contenders that race for a session", () => {
	it("never share an epoch, and lose no acknowledged write, in whatever order their calls land", async () => {
		let bounces = 0;
		const race = fc.asyncProperty(
			fc.scheduler(),
			fc.integer({ min: 2, max: 4 }),
			async (scheduler, contenders) => {
				const recorder = createRecorder();
				const memory = memoryStore();
				const watched = recorder.watch(memory);
				const store: AtomicStore = {
					update: scheduler.scheduleFunction((key, ops) => watched.update(key, ops)),
					read: scheduler.scheduleFunction((key) => watched.read(key)),
				};
				const { start } = createSimulation();
				const contend = (index: number) => contendFor(store, recorder, start(`p${index}`).ports);
				const all = Promise.all(Array.from({ length: contenders }, (_, index) => contend(index)));
				await scheduler.waitFor(all);
				expect(recorder.grants.length).toBeGreaterThan(0);
				bounces += recorder.counts.bounces;
				const last = await createLeases<string[]>({ store: memory }).acquire(SESSION);
				expect(checkHistory(recorder, last.value ?? [])).toEqual([]);
			},
		);
		await fc.assert(race, { numRuns: 150 * soakTimes });
		expect(bounces).toBeGreaterThan(0);
	});
});

async function contendFor(
	store: AtomicStore,
	recorder: Recorder,
	ports: ReturnType<ReturnType<typeof createSimulation>["start"]>["ports"],
): Promise<void> {
	const leases = createLeases<string[]>({ store, ports });
	for (let transition = 0; transition < 3; transition++) {
		try {
			const lease = await leases.acquire(SESSION);
			const grant = recorder.granted("", lease, 0);
			const first = recorder.writing(grant, tokenOf(grant, 1));
			await lease.write([...(lease.value ?? []), first.token]);
			first.outcome = "acknowledged";
			const second = recorder.writing(grant, tokenOf(grant, 2));
			await lease.release({ value: [...(lease.value ?? []), second.token] });
			second.outcome = "acknowledged";
		} catch (error) {
			if (!hasCode(error, "lease_held")) throw error;
			recorder.counts.bounces++;
		}
	}
}

describe("a holder on a store with any script of faults", () => {
	it("is told the truth: acknowledged shows, void never shows, and the session goes on", async () => {
		const scripts = fc.array(arbitraryDecision, { maxLength: 12 });
		const property = fc.asyncProperty(scripts, scripts, async (first, second) => {
			const bench = createBench();
			const told = new Map<string, "acknowledged" | "void" | "unknown">();
			const hold = async (name: string, faults: typeof first) => {
				const { process, leases } = bench.worker(name, { faults: scripted(faults) });
				await process.run(async () => {
					const lease = await leases.acquire(SESSION);
					for (const count of [1, 2, 3]) {
						const token = `${name}${count}`;
						told.set(token, "unknown");
						const value = [...((lease.value as string[]) ?? []), token];
						await (count < 3 ? lease.write(value) : lease.release({ value })).then(
							() => told.set(token, "acknowledged"),
							(error: LeaseLostError) => {
								told.set(token, error.lastWrite === "unknown" ? "unknown" : "void");
								throw error;
							},
						);
					}
				});
			};
			const history = async () => {
				await hold("a", first);
				await bench.wait(TTL_MS + SKEW_MS + 1);
				await hold("b", second);
				// The last request that is late lands after a minute, and a ghost's bid holds the session for a TTL.
				await bench.wait(60_000 + TTL_MS + SKEW_MS + 1);
				return bench.worker("last").leases.acquire(SESSION);
			};
			const last = await bench.time.run(history());
			const shown = (last.value as string[]) ?? [];
			for (const [token, outcome] of told) {
				if (outcome !== "unknown")
					expect([token, shown.includes(token)]).toEqual([token, outcome === "acknowledged"]);
			}
		});
		await fc.assert(property, { numRuns: 150 * soakTimes });
	});
});

describe("a session without faults", () => {
	it("does as its model does, whatever the workers do", async () => {
		const seen = new Set<string>();
		const property = fc.asyncProperty(leaseCommands, async (commands) => {
			const bench = createBench();
			const setup = () => ({ model: startModel(), real: startReal(bench, seen) });
			await bench.time.run(fc.asyncModelRun(setup, commands));
		});
		await fc.assert(property, { numRuns: 150 * soakTimes });
		expect([...seen].sort()).toEqual(["broken", "grant", "lost", "slept", "takeover", "turned away"]);
	});
});

describe("processes on a store with every fault", () => {
	const TRAVEL_MS = [2, 30, 150] as const;
	const fates: readonly Fate[] = [
		"lost reply",
		"lost reply",
		"delayed",
		"delayed",
		"twice",
		"twice",
		"crash before",
		"crash after apply",
		"crash after reply",
	];
	type Weather = Omit<SimulationSettings, "seed" | "odds">;
	const table: readonly [string, Weather, (keyof Counts)[]][] = [
		["that crash, and whose requests are lost, late and doubled", {}, ["crashes"]],
		["that nobody answers for a while", { outages: true }, ["unknown", "void"]],
		["whose machines sleep", { jumps: true }, ["unknown", "void"]],
		[
			"whose leases are broken by hand, while machines sleep",
			{ breaks: true, jumps: true },
			["broken", "unknown", "void"],
		],
		["on a store that forgets", { rewinds: true, outages: true }, ["rewinds", "unknown"]],
	];

	it.each(table)(
		"keep every promise: processes %s",
		{ timeout: SOAK_LIMIT_MS },
		async (_name, weather, expected) => {
			const total = new Map<keyof Counts, number>();
			for (let seed = 1; seed <= 60 * soakTimes; seed++) {
				const travelMsMax = TRAVEL_MS[seed % TRAVEL_MS.length] ?? 0;
				const settings = { ...weather, seed, odds: { faultOneIn: 6, fates, travelMsMax, laterMsMax: 5_000 } };
				const { counts, violations, fieldsAtRest } = await simulateLeases(settings);
				expect(violations, `simulateLeases(${JSON.stringify(settings)})`).toEqual([]);
				expect(fieldsAtRest, `simulateLeases(${JSON.stringify(settings)})`).toBeLessThanOrEqual(12);
				for (const [kind, count] of Object.entries(counts) as [keyof Counts, number][]) {
					total.set(kind, (total.get(kind) ?? 0) + count);
				}
			}
			const always = [
				"grants",
				"takeovers",
				"seals",
				"bounces",
				"acknowledged",
				"released",
				"abandoned",
			] as const;
			for (const kind of [...always, ...expected]) expect([kind, total.get(kind)]).not.toEqual([kind, 0]);
		},
	);

	it("make the same history of the same seed", async () => {
		const odds = { faultOneIn: 3, fates, travelMsMax: 30, laterMsMax: 5_000 };
		const reports = [await simulateLeases({ seed: 7, odds }), await simulateLeases({ seed: 7, odds })];
		expect(reports[0]).toEqual(reports[1]);
	});
});

it("reads a history: a checker that finds nothing wrong with a lost write has checked nothing", () => {
	const recorder = createRecorder();
	const watched = recorder.watch(memoryStore());
	const holder = { id: "a-1", owner: "a", until: 1 };
	void watched.update(SESSION, [{ op: "setOnce", field: "holder:1", value: holder }]);
	expect(tokensOf("")).toEqual([]);
	recorder.writing(
		{ process: "a", id: "a-1", epoch: 1, loaded: [], bid: { order: 1, period: 0 }, atMs: 0 },
		"1/a-1/1",
	);
	for (const write of recorder.writes) write.outcome = "acknowledged";
	expect(checkHistory(recorder, [])).toHaveLength(1);
});
