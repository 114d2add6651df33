// The lease as a model that fits on one page, and the commands that are run on the model and on the library alike.
import fc from "fast-check";
import { expect } from "vitest";
import type { Lease } from "../../src/index.ts";
import { type Bench, errorOf, SESSION, SKEW_MS, TTL_MS, type Worker } from "./bench.ts";

/** A session without faults, one step at a time. */
export interface Model {
	epoch: number;
	/** `held`: by a live worker; `dead`: its deadline is to come; `open`: may be taken over; `free`: released. */
	state: "held" | "dead" | "open" | "free";
	value: readonly number[] | undefined;
	/** As the last epoch that said so has it. */
	owed: boolean;
	/** How many were turned away in this epoch. */
	bounces: number;
	/** The worker that holds the session, and those that do not know yet that they have lost it. */
	holder: number | undefined;
	readonly stale: Set<number>;
}

export interface Real {
	readonly bench: Bench;
	readonly workers: Worker[];
	readonly leases: (Lease<unknown> | undefined)[];
	/** What came about at all: a model that is never turned away has shown nothing about it. */
	readonly seen: Set<string>;
	names: number;
}

type Command = fc.AsyncCommand<Model, Real>;

export const WORKERS = 3;

export function startModel(): Model {
	return {
		epoch: 0,
		state: "free",
		value: undefined,
		owed: false,
		bounces: 0,
		holder: undefined,
		stale: new Set(),
	};
}

export function startReal(bench: Bench, seen: Set<string>): Real {
	const workers = Array.from({ length: WORKERS }, (_, index) => bench.worker(`w${index}`));
	return { bench, workers, leases: workers.map(() => undefined), seen, names: 0 };
}

const idle = (model: Model, worker: number): boolean => model.holder !== worker && !model.stale.has(worker);

function acquire(worker: number): Command {
	return {
		toString: () => `acquire(${worker})`,
		check: (model) => idle(model, worker),
		async run(model, real) {
			const acquired = (real.workers[worker] as Worker).leases.acquire(SESSION);
			if (model.state === "held" || model.state === "dead") {
				expect(await errorOf(acquired)).toMatchObject({ code: "lease_held", epoch: model.epoch });
				model.bounces++;
				real.seen.add("turned away");
				return;
			}
			const takeover = model.state === "open";
			const owed = takeover || model.owed || model.bounces > 0;
			const lease = await acquired;
			const { epoch, value } = model;
			expect(lease).toMatchObject({ epoch: epoch + 1, value, owed, signal: { aborted: false } });
			real.leases[worker] = lease;
			real.seen.add(takeover ? "takeover" : "grant");
			Object.assign(model, { epoch: epoch + 1, state: "held", owed, bounces: 0, holder: worker });
		},
	};
}

function write(worker: number, number: number): Command {
	return {
		toString: () => `write(${worker}, ${number})`,
		check: (model) => !idle(model, worker),
		async run(model, real) {
			const written = (real.leases[worker] as Lease<unknown>).write([...(model.value ?? []), number]);
			if (model.stale.has(worker)) return expectLost(model, real, worker, written);
			await written;
			model.value = [...(model.value ?? []), number];
			model.owed = true;
		},
	};
}

function release(worker: number, number: number | undefined): Command {
	return {
		toString: () => `release(${worker}, ${number})`,
		check: (model) => !idle(model, worker),
		async run(model, real) {
			const value = number === undefined ? undefined : [...(model.value ?? []), number];
			const released = (real.leases[worker] as Lease<unknown>).release(value === undefined ? {} : { value });
			if (model.stale.has(worker)) return expectLost(model, real, worker, released);
			expect(await released).toBe(model.bounces);
			Object.assign(model, { state: "free", owed: false, holder: undefined, value: value ?? model.value });
		},
	};
}

function abandon(worker: number): Command {
	return {
		toString: () => `abandon(${worker})`,
		check: (model) => !idle(model, worker),
		async run(model, real) {
			await (real.leases[worker] as Lease<unknown>).abandon();
			expect(real.leases[worker]?.signal.aborted).toBe(true);
			if (!model.stale.delete(worker)) Object.assign(model, { state: "open", holder: undefined });
		},
	};
}

function crash(worker: number): Command {
	return {
		toString: () => `crash(${worker})`,
		check: () => true,
		async run(model, real) {
			real.workers[worker]?.process.crash();
			real.workers[worker] = real.bench.worker(`w${worker}-${++real.names}`);
			model.stale.delete(worker);
			if (model.holder === worker) Object.assign(model, { state: "dead", holder: undefined });
		},
	};
}

/** Time passes: a dead holder's deadline does, a live one renews. */
function pass(): Command {
	return {
		toString: () => "pass()",
		check: () => true,
		async run(model, { bench }) {
			await bench.wait(TTL_MS + SKEW_MS + 1);
			if (model.state === "dead") model.state = "open";
		},
	};
}

/** The machine sleeps: a live holder finds out when it looks. */
function sleep(): Command {
	return {
		toString: () => "sleep()",
		check: () => true,
		async run(model, { bench, seen }) {
			bench.time.jump(TTL_MS + SKEW_MS + 1);
			if (model.state === "held" || model.state === "dead") model.state = "open";
			if (model.holder === undefined) return;
			seen.add("slept");
			model.stale.add(model.holder);
			model.holder = undefined;
		},
	};
}

/** Breaking takes an epoch of its own, and leaves the session owed a wake. */
function breakLease(): Command {
	return {
		toString: () => "break()",
		check: () => true,
		async run(model, real) {
			const { bench, seen } = real;
			const { leases } = bench.worker(`breaker-${++real.names}`);
			expect(await leases.break(SESSION, "by hand")).toBe(model.state !== "free");
			if (model.state === "free") return;
			if (model.holder !== undefined) model.stale.add(model.holder);
			seen.add("broken");
			Object.assign(model, {
				epoch: model.epoch + 1,
				state: "free",
				owed: true,
				bounces: 0,
				holder: undefined,
			});
		},
	};
}

async function expectLost(
	model: Model,
	real: Real,
	worker: number,
	promise: Promise<unknown>,
): Promise<void> {
	const error = await errorOf(promise);
	expect(error).toMatchObject({ code: "lease_lost", lastWrite: expect.stringMatching(/^(none|void)$/) });
	expect(real.leases[worker]?.signal.aborted).toBe(true);
	model.stale.delete(worker);
	real.seen.add("lost");
}

const worker = fc.nat(WORKERS - 1);

export const leaseCommands: fc.Arbitrary<Iterable<Command>> = fc.commands(
	[
		worker.map(acquire),
		worker.map(acquire),
		fc.tuple(worker, fc.nat(99)).map(([who, number]) => write(who, number)),
		fc.tuple(worker, fc.option(fc.nat(99), { nil: undefined })).map(([who, number]) => release(who, number)),
		worker.map(abandon),
		worker.map(crash),
		fc.constant(pass()),
		fc.constant(sleep()),
		fc.constant(breakLease()),
	],
	{ maxCommands: 40 },
);
