import { describe, expect, it } from "vitest";
import {
	checkHistory,
	createRecordEffect,
	HISTORY_HEADER,
	type HistoryLine,
	parseHistory,
	recordLeases,
} from "../../src/history/index.ts";
import { createLeases, type Leases, memoryStore, TransientError } from "../../src/index.ts";
import { type Bench, onBench, SESSION, SKEW_MS, TTL_MS, type WorkerOptions } from "../support/bench.ts";
import { fence } from "../support/fenced-lease.ts";
import { SOAK_LIMIT_MS, soakTimes } from "../support/soak.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { recordWorkers } from "./recorded-workers.ts";

expectNoUnhandledRejections();

const textOf = (lines: readonly HistoryLine[]) =>
	[HISTORY_HEADER, ...lines].map((line) => JSON.stringify(line)).join("\n");
const check = (lines: readonly HistoryLine[]) => checkHistory(parseHistory(textOf(lines)));

/** Recorded leases, and what was recorded so far without what every line has. */
function recorded<T>(leases: Leases<T>) {
	const lines: HistoryLine[] = [];
	let time = 0;
	const record = (line: HistoryLine) => lines.push(line);
	const inShort = () =>
		lines.map((line) => {
			const { process: _process, time: _time, ...rest } = line as HistoryLine & { key?: string };
			const { key: _key, ...short } = rest;
			return short;
		});
	return { leases: recordLeases(leases, { process: "a", time: () => ++time, record }), lines, inShort };
}

const recordedWorker = (bench: Bench, name: string, options: WorkerOptions = {}) =>
	recorded(bench.worker(name, options).leases);
const invoked = (op: number, call: object) => ({ op: `a/${op}`, type: "invoke", ...call });
const acquired = (op: number, answer: object) => [
	invoked(op, { call: "acquire" }),
	{ op: `a/${op}`, type: "ok", ...answer },
];

describe("recorded leases", () => {
	it(
		"tell who called what when, and what they were answered",
		onBench(async (bench) => {
			const { leases, lines } = recordedWorker(bench, "w");
			const lease = await leases.acquire(SESSION);
			await lease.write({ n: 1 });
			expect(lines).toEqual([
				{ op: "a/1", process: "a", type: "invoke", time: 1, call: "acquire", key: SESSION },
				{ op: "a/1", process: "a", type: "ok", time: 2, epoch: 1 },
				{
					op: "a/2",
					process: "a",
					type: "invoke",
					time: 3,
					call: "write",
					key: SESSION,
					epoch: 1,
					value: '{"n":1}',
				},
				{ op: "a/2", process: "a", type: "ok", time: 4 },
			]);
			expect(check(lines).verdict).toBe("held");
			await lease.abandon();
		}),
	);

	it(
		"are leases in all other ways",
		onBench(async (bench) => {
			const { leases, inShort } = recordedWorker(bench, "w");
			{
				await using lease = await leases.acquire(SESSION);
				expect(lease).toMatchObject({
					sessionId: SESSION,
					epoch: 1,
					isNew: true,
					owed: false,
					inherited: [],
				});
				expect(lease.signal.aborted).toBe(false);
				await lease.write(["x"], { owed: false });
				expect(lease.value).toEqual(["x"]);
				expect(await lease.release({ value: ["y"] })).toBe(0);
				expect(await lease.release()).toBe(0);
				await lease.abandon();
			}
			expect((await leases.inspect(SESSION)).valueText).toBe('["y"]');
			expect(inShort()).toEqual([
				...acquired(1, { epoch: 1 }),
				invoked(2, { call: "write", epoch: 1, value: '["x"]' }),
				{ op: "a/2", type: "ok" },
				invoked(3, { call: "release", epoch: 1, value: '["y"]' }),
				{ op: "a/3", type: "ok" },
			]);
			await expect(leases.sweep({ wake: async () => undefined })).resolves.toEqual({ woken: [], failed: [] });
		}),
	);

	it(
		"tell of an abandon as unknown, also when a scope is left without a release",
		onBench(async (bench) => {
			const { leases, inShort } = recordedWorker(bench, "w");
			for (const leave of ["abandon", "dispose"] as const) {
				await using lease = await leases.acquire(SESSION);
				if (leave === "abandon") await lease.abandon();
			}
			expect(inShort()).toEqual([
				...acquired(1, { epoch: 1 }),
				invoked(2, { call: "abandon", epoch: 1 }),
				{ op: "a/2", type: "unknown" },
				...acquired(3, { epoch: 2 }),
				invoked(4, { call: "abandon", epoch: 2 }),
				{ op: "a/4", type: "unknown" },
			]);
		}),
	);

	it(
		"tell of those who were turned away, and of a bid that was not answered",
		onBench(async (bench) => {
			const lease = await bench.worker("holder").leases.acquire(SESSION);
			const loser = recordedWorker(bench, "loser");
			await expect(loser.leases.acquire(SESSION)).rejects.toThrow("is held by holder");
			expect(loser.inShort().at(-1)).toEqual({ op: "a/1", type: "fail", code: "lease_held" });
			await lease.release();
			const silent = recordedWorker(bench, "silent", { faults: () => ({ fate: "lost reply" }) });
			await expect(silent.leases.acquire(SESSION)).rejects.toThrow();
			expect(silent.inShort().at(-1)).toEqual({ op: "a/1", type: "unknown", code: "outcome_unknown" });
			const leaving = recordedWorker(bench, "leaving");
			const signal = AbortSignal.abort(new TransientError("Enough.", { code: "lease_held" }));
			await expect(leaving.leases.acquire(SESSION, { signal })).rejects.toThrow("Enough.");
			expect(leaving.inShort().at(-1)).toEqual({ op: "a/1", type: "unknown" });
		}),
	);

	it(
		"refuse names that no history can have",
		onBench(async (bench) => {
			const { leases, lines } = recordedWorker(bench, "w");
			await expect(leases.acquire("")).rejects.toMatchObject({ code: "option_invalid" });
			expect(lines).toEqual([]);
			const options = { process: "", time: () => 1, record: () => undefined };
			expect(() => recordLeases(leases, options)).toThrow("Expected `process` to be");
			const effect = createRecordEffect({ ...options, process: "a" });
			await expect(effect({ key: "" }, async () => 1)).rejects.toMatchObject({ code: "option_invalid" });
		}),
	);

	it(
		"tell of a write that is void, one in doubt, and one that was never sent",
		onBench(async (bench) => {
			const fenced = await fence(bench);
			const { leases, inShort } = recorded<unknown>({
				...fenced.oldWorker.leases,
				acquire: async () => fenced.old,
			});
			const old = await leases.acquire(SESSION);
			await fenced.rival.write(["rival"]);
			await expect(old.write(["late"])).rejects.toThrow("is void");
			expect(inShort().at(-1)).toEqual({ op: "a/2", type: "fail", void: true, code: "lease_lost" });

			const doubt = recordedWorker(bench, "doubt", {
				faults: ({ count }) => ({ fate: count > 2 ? "lost reply" : "run" }),
			});
			const lease = await doubt.leases.acquire("t");
			const write = lease.write(["x"]).catch((error: unknown) => error);
			await bench.wait(TTL_MS + SKEW_MS);
			expect(await write).toMatchObject({ lastWrite: "unknown" });
			expect(doubt.inShort().at(-1)).toEqual({ op: "a/2", type: "unknown", code: "lease_lost" });

			const none = recordedWorker(bench, "none", { maxHoldMs: 1_000 });
			const short = await none.leases.acquire("u");
			await bench.wait(2_000);
			await expect(short.write(["x"])).rejects.toMatchObject({ lastWrite: "none" });
			expect(none.inShort().at(-1)).toEqual({ op: "a/2", type: "fail", code: "lease_lost" });
		}),
	);

	it(
		"tell of a value that cannot be saved as failed, and of the release that follows",
		onBench(async (bench) => {
			const { leases, inShort } = recordedWorker(bench, "w", { schema: anythingBut("bad") });
			const lease = await leases.acquire(SESSION);
			await expect(lease.write(1n)).rejects.toMatchObject({ code: "value_invalid" });
			await expect(lease.write("bad")).rejects.toMatchObject({ code: "value_invalid" });
			await expect(lease.release({ value: "bad" })).rejects.toMatchObject({ code: "value_invalid" });
			await lease.release({ value: "good" });
			await expect(lease.write("late")).rejects.toMatchObject({ code: "lease_ended" });
			expect(inShort().slice(2)).toEqual([
				invoked(2, { call: "write", epoch: 1, value: '"bad"' }),
				{ op: "a/2", type: "fail", code: "value_invalid" },
				invoked(3, { call: "release", epoch: 1, value: '"bad"' }),
				{ op: "a/3", type: "fail", code: "value_invalid" },
				invoked(4, { call: "release", epoch: 1, value: '"good"' }),
				{ op: "a/4", type: "ok" },
				invoked(5, { call: "write", epoch: 1, value: '"late"' }),
				{ op: "a/5", type: "fail", code: "lease_ended" },
			]);
		}),
	);

	it(
		"tell of a break and a forget as what may have taken an epoch",
		onBench(async (bench) => {
			const { leases, lines, inShort } = recordedWorker(bench, "w");
			const lease = await leases.acquire(SESSION);
			await lease.write("x");
			expect(await leases.break(SESSION, "by hand")).toBe(true);
			expect(await leases.break(SESSION, "by hand")).toBe(false);
			await leases.forget(SESSION);
			const next = await leases.acquire(SESSION);
			expect(next.value).toBeUndefined();
			await next.forget();
			const unknownAcquire = (op: number) => [
				invoked(op, { call: "acquire" }),
				{ op: `a/${op}`, type: "unknown" },
			];
			expect(inShort().slice(4)).toEqual([
				...unknownAcquire(3),
				...unknownAcquire(4),
				invoked(5, { call: "acquire" }),
				invoked(6, { call: "forget" }),
				{ op: "a/6", type: "ok" },
				{ op: "a/5", type: "unknown" },
				...acquired(7, { epoch: 4 }),
				invoked(8, { call: "forget", epoch: 4 }),
				{ op: "a/8", type: "ok" },
			]);
			expect(check(lines).verdict).toBe("held");
		}),
	);

	it(
		"give back a lease whose grant cannot be written down",
		onBench(async (bench) => {
			const { leases } = bench.worker("w");
			const record = (line: HistoryLine) => {
				if (line.type === "ok") throw new Error("The disk is full.");
			};
			const recording = recordLeases(leases, { process: "a", time: () => 1, record });
			await expect(recording.acquire(SESSION)).rejects.toThrow("The disk is full.");
			expect((await bench.inspect()).state).toBe("expired");
		}),
	);

	it("are told of an effect before it begins; one that is rejected is in doubt", async () => {
		const lines: HistoryLine[] = [];
		const record = (line: HistoryLine) => lines.push(line);
		const effect = createRecordEffect({
			process: "a",
			time: () => lines.length,
			record,
			newOp: () => lines.length,
		});
		expect(await effect({ key: "mail", repeatable: true, epoch: 3 }, async () => lines.length)).toBe(1);
		const failing = effect({ key: "mail" }, () => Promise.reject(new TransientError("No.")));
		await expect(failing).rejects.toThrow("No.");
		expect(lines).toEqual([
			{
				op: 0,
				process: "a",
				type: "invoke",
				time: 0,
				call: "effect",
				key: "mail",
				repeatable: true,
				epoch: 3,
			},
			{ op: 0, process: "a", type: "ok", time: 1 },
			{ op: 2, process: "a", type: "invoke", time: 2, call: "effect", key: "mail" },
			{ op: 2, process: "a", type: "unknown", time: 3, code: "transient" },
		]);
		expect(check(lines).verdict).toBe("violated");
	});
});

function anythingBut(refused: string) {
	const validate = (value: unknown) =>
		value === refused ? { issues: [{ message: "it is refused" }] } : { value };
	return { "~standard": { version: 1, vendor: "test", validate } } as const;
}

const RUNS = 15 * soakTimes;

describe("many workers", () => {
	it.each([
		["without faults", { faultOneIn: 0 }],
		["on a clock as coarse as milliseconds", { faultOneIn: 0, clock: "milliseconds" }],
		["that crash, and whose requests are lost, late and doubled", { faultOneIn: 5 }],
		["the same on a coarse clock", { faultOneIn: 5, clock: "milliseconds" }],
		["whose leases are broken and whose sessions are forgotten", { faultOneIn: 6, administration: true }],
	] as const)("leave histories that hold: %s", { timeout: SOAK_LIMIT_MS }, async (_, options) => {
		const evaluated = new Map<string, number>();
		for (let seed = 1; seed <= RUNS; seed++) {
			const lines = await recordWorkers({ seed, workers: 4, transitions: 6, ...options });
			const { verdict, checks } = check(lines);
			const sentences = checks.flatMap(({ findings }) => findings.map(({ sentence }) => sentence));
			expect({ seed, verdict, sentences }).toEqual({ seed, verdict: "held", sentences: [] });
			for (const { name, evaluated: count } of checks)
				evaluated.set(name, (evaluated.get(name) ?? 0) + count);
		}
		for (const name of ["epochs", "fenced lease", "lost updates", "truthful outcomes"]) {
			expect(evaluated.get(name), name).toBeGreaterThan(RUNS);
		}
	});

	it("on a store that lets everybody win leave histories that are violated", async () => {
		const memory = memoryStore();
		const lines: HistoryLine[] = [];
		const options = { time: () => lines.length, record: (line: HistoryLine) => lines.push(line) };
		const contenders = ["a", "b", "c"].map((process) => {
			const leases = createLeases<string[]>({ store: { ...memory, update: lastOneWins } });
			return recordLeases(leases, { ...options, process });
		});
		function lastOneWins(...[key, ops]: Parameters<typeof memory.update>) {
			const holders = ops.flatMap((it) => (it.op === "setOnce" ? [it.field] : []));
			return memory
				.update(key, [...holders.map((field) => ({ op: "remove", field }) as const), ...ops])
				.then((before) =>
					Object.fromEntries(Object.entries(before).filter(([field]) => !holders.includes(field))),
				);
		}
		const held = await Promise.all(contenders.map((leases) => leases.acquire(SESSION)));
		await Promise.allSettled(held.map((lease) => lease.release({ value: [lease.id] })));
		const { checks } = check(lines);
		const violated = checks.filter(({ verdict }) => verdict === "violated").map(({ name }) => name);
		expect(violated).toEqual(expect.arrayContaining(["epochs", "fenced lease"]));
	});
});
