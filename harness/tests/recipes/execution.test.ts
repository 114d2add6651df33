// A terminal status is final, with everything that was written with it, for those who write and those who read.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	createLeases,
	createVirtualTime,
	type Leases,
	memoryStore,
	type OutboxEvent,
} from "../../src/index.ts";
import {
	type Execution,
	type ExecutionPorts,
	noteStatus,
	readExecution,
	type StatusOptions,
	type StatusWrite,
	writeStatus,
} from "../../src/recipes/execution.ts";
import * as recipes from "../../src/recipes/index.ts";
import { type Bench, errorOf, onBench, SESSION, SKEW_MS, TTL_MS, type Worker } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { virtualPorts } from "../support/virtual-ports.ts";

expectNoUnhandledRejections();

const TERMINAL = ["failed", "succeeded", "cancelled", "timeout"];
const ENDED: StatusOptions = { events: [{ id: "ended", event: { type: "ended" } }] };
const never = (): Promise<never> => new Promise(() => undefined);

interface Service {
	readonly worker: Worker;
	readonly ports: ExecutionPorts;
	readonly sent: OutboxEvent[];
}

function serviceOn(bench: Bench, name = "a", take: () => Promise<void> = async () => {}): Service {
	const worker = bench.worker(name);
	const sent: OutboxEvent[] = [];
	const send = async (_: string, event: OutboxEvent) => {
		await take();
		sent.push(event);
	};
	const { wallMs } = bench.time.clock;
	const leases = worker.leases as Leases<Execution>;
	return { worker, sent, ports: { leases, terminal: TERMINAL, nowMs: wallMs, send } };
}

const faces = [
	["writeStatus", writeStatus],
	["noteStatus", noteStatus],
] as const;

describe.each(faces)("%s", (_, write) => {
	it(
		"keeps the status, the result and the error, and when it ended",
		onBench(async (bench) => {
			const { ports } = serviceOn(bench);
			const first = await write(ports, SESSION, { status: "running", result: { done: 1 } });
			expect(first).toEqual({ changed: true, execution: { status: "running", result: { done: 1 } } });
			await bench.wait(5_000);
			const last = await write(ports, SESSION, { status: "failed", error: "no answer" });
			const completedAtMs = bench.time.clock.wallMs();
			expect(last).toEqual({
				changed: true,
				execution: { status: "failed", error: "no answer", completedAtMs },
			});
			expect(await bench.value()).toEqual(last.execution);
		}),
	);

	it.each(TERMINAL)("accepts %s again, and changes and sends nothing", async (status) => {
		await onBench(async (bench) => {
			const { ports, sent } = serviceOn(bench);
			const { execution } = await write(ports, SESSION, { status, result: 1 }, ENDED);
			await bench.wait(5_000);
			const again = await write(ports, SESSION, { status, result: 2, error: "x" }, { events: [other] });
			expect(again).toEqual({ changed: false, execution });
			expect(await bench.value()).toEqual(execution);
			expect(sent).toEqual(ENDED.events);
		})();
	});

	it(
		"sends nothing but what goes with a change",
		onBench(async (bench) => {
			const { ports, sent } = serviceOn(bench);
			await write(ports, SESSION, { status: "running" }, { events: [other] });
			await write(ports, SESSION, { status: "succeeded" }, ENDED);
			expect(sent).toEqual([other, ...(ENDED.events ?? [])]);
		}),
	);

	it(
		"has its events sent by whoever comes next, if it dies before it has sent them",
		onBench(async (bench) => {
			const dying: Service = serviceOn(bench, "dying", async () => {
				dying.worker.process.crash();
				await never();
			});
			const work = () => write(dying.ports, SESSION, { status: "succeeded", result: 1 }, ENDED);
			expect((await dying.worker.process.run(work)).type).toBe("crashed");
			const next = serviceOn(bench, "next");
			await bench.wait(TTL_MS + SKEW_MS + 1);
			const late: StatusOptions = { events: [other] };
			const { changed } = await write(next.ports, SESSION, { status: "succeeded", result: 2 }, late);
			expect(changed).toBe(false);
			expect(next.sent).toEqual(ENDED.events);
			expect(await bench.value()).toMatchObject({ status: "succeeded", result: 1 });
		}),
	);

	it.each([undefined, null, "", 7])("refuses the status %j, and saves nothing", (status) =>
		onBench(async (bench) => {
			const { ports, sent, worker } = serviceOn(bench);
			const error = await errorOf(write(ports, SESSION, { status } as unknown as StatusWrite, ENDED));
			expect(error).toMatchObject({ code: "option_invalid" });
			expect((error as Error).message).toContain("status");
			expect(sent).toEqual([]);
			expect(worker.calls()).toEqual([]);
		})(),
	);

	it(
		"turns away who comes while somebody else writes, to try again",
		onBench(async (bench) => {
			const [a, b] = [serviceOn(bench, "a"), serviceOn(bench, "b")];
			const lease = await a.ports.leases.acquire(SESSION);
			const error = await errorOf(write(b.ports, SESSION, { status: "failed" }, { waitMs: 0 }));
			expect(error).toMatchObject({ code: "transient", transient: true });
			await lease.release();
			expect((await write(b.ports, SESSION, { status: "failed" })).changed).toBe(true);
		}),
	);
});

const other: OutboxEvent = { id: "other", event: 0 };

describe("after an end", () => {
	it.each(["running", "queued", "failed", "cancelled"])(
		"%s is refused by writeStatus, and says what it is",
		async (status) => {
			await onBench(async (bench) => {
				const { ports, sent } = serviceOn(bench);
				const { execution } = await writeStatus(ports, SESSION, { status: "succeeded" }, ENDED);
				const error = await errorOf(writeStatus(ports, SESSION, { status }, { events: [other] }));
				expect(error).toMatchObject({ code: "status_final" });
				expect(error).not.toMatchObject({ transient: true });
				const endedAt = new Date(execution.completedAtMs ?? 0).toISOString();
				expect((error as Error).message).toBe(
					`Execution "s" has ended as "succeeded", ${endedAt}; it was not changed to "${status}". ` +
						"Leave it, or start another one.",
				);
				expect(sent).toEqual(ENDED.events);
				expect(await bench.inspect()).toMatchObject({ state: "free", owed: false });
			})();
		},
	);

	it.each(["running", "queued", "failed", "cancelled"])(
		"%s is acknowledged by noteStatus, and changes nothing",
		async (status) => {
			await onBench(async (bench) => {
				const { ports, sent } = serviceOn(bench);
				const { execution } = await writeStatus(ports, SESSION, { status: "succeeded" }, ENDED);
				const answer = await noteStatus(ports, SESSION, { status }, { events: [other] });
				expect(answer).toEqual({ changed: false, execution });
				expect(sent).toEqual(ENDED.events);
				expect(await bench.inspect()).toMatchObject({ state: "free", owed: false });
			})();
		},
	);
});

describe("an end of another version of the program, in a status that this one does not list", () => {
	const skippedIn = async (bench: Bench) => {
		const { ports } = serviceOn(bench, "newer");
		const terminal = [...TERMINAL, "skipped"];
		const { execution } = await writeStatus({ ...ports, terminal }, SESSION, {
			status: "skipped",
			result: 1,
		});
		expect(execution).toHaveProperty("completedAtMs");
		return execution;
	};

	it(
		"is final, for both faces",
		onBench(async (bench) => {
			const execution = await skippedIn(bench);
			const { ports, sent } = serviceOn(bench);
			const unchanged = { changed: false, execution };
			for (const status of ["running", "succeeded"]) {
				expect(await noteStatus(ports, SESSION, { status }, ENDED)).toEqual(unchanged);
				const error = await errorOf(writeStatus(ports, SESSION, { status }, ENDED));
				expect(error).toMatchObject({ code: "status_final" });
			}
			expect(await writeStatus(ports, SESSION, { status: "skipped", result: 2 }, ENDED)).toEqual(unchanged);
			expect(sent).toEqual([]);
			expect(await bench.value()).toEqual(execution);
		}),
	);

	it(
		"is an end for those who read, so not answered while it is held",
		onBench(async (bench) => {
			const execution = await skippedIn(bench);
			const { ports } = serviceOn(bench);
			expect(await readExecution(ports, SESSION)).toEqual(execution);
			const lease = await ports.leases.acquire(SESSION);
			expect(await readExecution(ports, SESSION)).toBeUndefined();
			await lease.release();
		}),
	);
});

describe("readExecution", () => {
	it(
		"answers what there is, and nothing where there is none",
		onBench(async (bench) => {
			const { ports } = serviceOn(bench);
			expect(await readExecution(ports, SESSION)).toBeUndefined();
			await noteStatus(ports, SESSION, { status: "running" });
			expect(await readExecution(ports, SESSION)).toEqual({ status: "running" });
			const { execution } = await noteStatus(ports, SESSION, { status: "failed", error: "x" });
			expect(await readExecution(ports, SESSION)).toEqual(execution);
		}),
	);

	it(
		"answers no end of somebody who has not given it back",
		onBench(async (bench) => {
			const { ports } = serviceOn(bench);
			const lease = await ports.leases.acquire(SESSION);
			await lease.write({ status: "running" });
			expect(await readExecution(ports, SESSION)).toEqual({ status: "running" });
			await lease.write({ status: "failed" });
			expect(await readExecution(ports, SESSION)).toBeUndefined();
			await lease.release();
			expect(await readExecution(ports, SESSION)).toEqual({ status: "failed" });
		}),
	);

	it(
		"answers no end that a dead worker wrote too late, and that is void once it is taken over",
		onBench(async (bench) => {
			const { ports } = serviceOn(bench);
			await noteStatus(ports, SESSION, { status: "running" });
			const takenOverMs = TTL_MS + SKEW_MS + 1;
			const dying = bench.worker("dying", {
				faults: ["run", "run", { fate: "crash before", laterMs: takenOverMs + 10 }],
			});
			const dyingPorts = { ...ports, leases: dying.leases as Leases<Execution> };
			const work = () => writeStatus(dyingPorts, SESSION, { status: "failed" });
			expect((await dying.process.run(work)).type).toBe("crashed");
			await bench.wait(takenOverMs);
			// It reads and bids, and puts what it has taken over under its own epoch a moment later.
			const next = bench.worker("next", { faults: ["run", "run", { fate: "run", requestMs: 50 }] });
			const taking = next.leases.acquire(SESSION);
			await bench.wait(20);
			expect(await bench.value()).toMatchObject({ status: "failed" });
			expect(await readExecution(ports, SESSION)).toBeUndefined();
			await (await taking).release();
			expect(await readExecution(ports, SESSION)).toEqual({ status: "running" });
		}),
	);

	it(
		"finishes what a dead worker has left: its events are sent, then its end is answered, from then on",
		onBench(async (bench) => {
			const dying: Service = serviceOn(bench, "dying", async () => {
				dying.worker.process.crash();
				await never();
			});
			const work = () => writeStatus(dying.ports, SESSION, { status: "failed", error: "x" }, ENDED);
			expect((await dying.worker.process.run(work)).type).toBe("crashed");
			const { ports, sent, worker } = serviceOn(bench);
			expect(await readExecution(ports, SESSION)).toBeUndefined();
			expect(sent).toEqual([]);
			await bench.wait(TTL_MS + SKEW_MS + 1);
			const end = { status: "failed", error: "x", completedAtMs: expect.any(Number) };
			expect(await readExecution(ports, SESSION)).toEqual(end);
			expect(sent).toEqual(ENDED.events);
			expect(await bench.inspect()).toMatchObject({ state: "free", owed: false });
			worker.calls();
			expect(await readExecution(ports, SESSION)).toEqual(end);
			expect(worker.calls()).toEqual(["read"]);
			expect(sent).toHaveLength(1);
		}),
	);

	it(
		"answers an end above which somebody died who had changed nothing yet",
		onBench(async (bench) => {
			const { ports } = serviceOn(bench);
			const { execution } = await writeStatus(ports, SESSION, { status: "succeeded" });
			const dead = bench.worker("dead");
			await dead.leases.acquire(SESSION);
			dead.process.crash();
			expect(await readExecution(ports, SESSION)).toBeUndefined();
			await bench.wait(TTL_MS + SKEW_MS + 1);
			expect(await readExecution(ports, SESSION)).toEqual(execution);
		}),
	);

	it("is offered with the other recipes", () => {
		expect(recipes.readExecution).toBe(readExecution);
	});

	it(
		"answers an end whose events cannot be sent yet",
		onBench(async (bench) => {
			const { ports } = serviceOn(bench, "a", () => Promise.reject(new Error("away")));
			const error = await errorOf(writeStatus(ports, SESSION, { status: "failed" }, ENDED));
			expect(error).toMatchObject({ code: "send_failed" });
			expect(await readExecution(ports, SESSION)).toMatchObject({ status: "failed" });
		}),
	);
});

describe("of any writes, by whichever face", () => {
	const writes = fc.array(
		fc.record({
			write: fc.record<StatusWrite>({
				status: fc.constantFrom("queued", "running", "pending", ...TERMINAL),
				result: fc.option(fc.nat(3), { nil: undefined }),
				error: fc.option(fc.constantFrom("x", "y"), { nil: undefined }),
			}),
			isStrict: fc.boolean(),
			waitsMs: fc.nat(5),
		}),
		{ maxLength: 8 },
	);

	it("the first terminal one stands, in all fields, and with its events", async () => {
		await fc.assert(
			fc.asyncProperty(writes, async (given) => {
				const time = createVirtualTime();
				const leases = createLeases<Execution>({ store: memoryStore(), ports: virtualPorts(time) });
				const sent: string[] = [];
				const nowMs = time.clock.wallMs;
				const send = async (_: string, { id }: OutboxEvent) => void sent.push(id);
				const ports: ExecutionPorts = { leases, terminal: TERMINAL, nowMs, send };
				let end: Execution | undefined;
				let endedBy: string[] = [];
				await time.run(
					(async () => {
						for (const [index, { write, isStrict, waitsMs }] of given.entries()) {
							await time.wait(waitsMs);
							const isEnd = TERMINAL.includes(write.status);
							const events = isEnd ? [{ id: `${index}`, event: 0 }] : [];
							const face = isStrict ? writeStatus : noteStatus;
							const answer = await face(ports, SESSION, write, { events }).catch((error) => error.code);
							if (end) {
								const isRefused = isStrict && write.status !== end.status;
								expect(answer).toEqual(isRefused ? "status_final" : { changed: false, execution: end });
							} else if (isEnd) {
								end = JSON.parse(JSON.stringify({ ...write, completedAtMs: nowMs() })) as Execution;
								endedBy = [`${index}`];
							}
							expect(await readExecution(ports, SESSION)).toEqual(end ?? JSON.parse(JSON.stringify(write)));
						}
					})(),
				);
				expect(sent).toEqual(endedBy);
			}),
			{ numRuns: 100 },
		);
	});
});
