// The search against one that tries every order: on small histories they have to agree.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkHistory } from "../../src/history/check-history.ts";
import type { Verdict } from "../../src/history/check-report.ts";
import { type Operation, precedes } from "../../src/history/history.ts";
import { leaseModel, tellsOfLease } from "../../src/history/lease-model.ts";
import { linearize, type Model } from "../../src/history/linearize.ts";
import { parseHistory } from "../../src/history/parse-history.ts";
import { registerModel } from "../../src/history/register-model.ts";
import { soakTimes } from "../support/soak.ts";
import { failed, held, ok, op, type Told, textOf, unknown } from "./told.ts";

/** Whether any order of the known operations, with any of the unknown ones, is one that the model allows. */
function hasOrder<State>(operations: readonly Operation[], model: Model<State>): boolean {
	const tryFrom = (state: State, left: readonly Operation[]): boolean => {
		if (left.every(({ outcome }) => outcome === "unknown")) return true;
		return left.some((next) => {
			if (left.some((other) => precedes(other, next))) return false;
			const after = model.step(state, next);
			return (
				after !== undefined &&
				tryFrom(
					after,
					left.filter((other) => other !== next),
				)
			);
		});
	};
	return tryFrom(model.initial, operations);
}

const times = fc.tuple(fc.nat(9), fc.nat(4)).map(([from, length]) => [from, from + length] as const);
const value = fc.constantFrom("x", "y");
const epoch = fc.integer({ min: 1, max: 3 });
const loaded = fc.option(value, { nil: undefined });
const answer = (fields: { epoch?: number; version?: number }, text: string | undefined) =>
	ok({ ...fields, ...(text === undefined ? {} : { value: text }) });
const end = fc.constantFrom(ok(), ok(), unknown);

const leaseCall = fc.oneof(
	fc
		.tuple(
			fc.oneof(
				fc.tuple(epoch, loaded).map(([e, v]) => answer({ epoch: e }, v)),
				fc.constantFrom(held, unknown),
			),
		)
		.map(([completion]) => [{ call: "acquire" } as const, completion] as const),
	fc
		.tuple(epoch, value, end)
		.map(([e, v, completion]) => [{ call: "write", epoch: e, value: v } as const, completion] as const),
	fc
		.tuple(epoch, value, end)
		.map(([e, v, completion]) => [{ call: "release", epoch: e, value: v } as const, completion] as const),
	fc
		.tuple(epoch, end)
		.map(([e, completion]) => [{ call: "abandon", epoch: e } as const, completion] as const),
	fc.tuple(end).map(([completion]) => [{ call: "forget" } as const, completion] as const),
);
const version = fc.integer({ min: 0, max: 3 });
const registerCall = fc.oneof(
	fc
		.tuple(version, loaded)
		.map(([v, text]) => [{ call: "read" } as const, answer({ version: v }, text)] as const),
	fc
		.tuple(
			value,
			fc.option(version, { nil: undefined }),
			fc.oneof(
				version.map((v) => ok({ version: v })),
				fc.constantFrom(unknown, failed),
			),
		)
		.map(
			([text, base, completion]) =>
				[{ call: "put", value: text, ...(base === undefined ? {} : { base }) } as const, completion] as const,
		),
);

const toldOf = (calls: typeof leaseCall | typeof registerCall): fc.Arbitrary<Told[]> =>
	fc.array(
		fc
			.tuple(times, calls as typeof leaseCall)
			.map(([[from, to], [call, completion]]) => op(from, to, call, completion)),
		{ minLength: 1, maxLength: 6 },
	);

/** How many of each verdict there were, of histories on which both agree. */
function compare<State>(
	calls: typeof leaseCall | typeof registerCall,
	model: () => Model<State>,
	tells: (operation: Operation) => boolean,
): Record<Verdict, number> {
	const seen = { held: 0, violated: 0, inconclusive: 0 };
	const property = fc.property(toldOf(calls), (told) => {
		const operations = parseHistory(textOf(told)).operations.filter(tells);
		const { verdict } = linearize(operations, model(), { stepsMax: 100_000 });
		expect(verdict).toBe(hasOrder(operations, model()) ? "held" : "violated");
		seen[verdict]++;
	});
	fc.assert(property, { numRuns: 5_000 * soakTimes });
	return seen;
}

describe("the search for an order", () => {
	it("agrees with every order tried, of a lease", () => {
		const seen = compare(leaseCall, leaseModel, tellsOfLease);
		expect(Math.min(seen.held, seen.violated)).toBeGreaterThan(200);
	});

	it("agrees with every order tried, of a register", () => {
		const seen = compare(
			registerCall,
			() => registerModel,
			({ outcome }) => outcome !== "fail",
		);
		expect(Math.min(seen.held, seen.violated)).toBeGreaterThan(200);
	});

	it("takes nothing early that changes something later", () => {
		const told = [
			op(0, 0, { call: "release", epoch: 1, value: "x" }, unknown),
			op(0, 0, { call: "acquire" }, unknown),
			op(0, 0, { call: "acquire" }, ok({ epoch: 2, value: "x" })),
			op(0, 0, { call: "forget" }, ok()),
		];
		const { operations } = parseHistory(textOf(told));
		expect(linearize(operations, leaseModel(), { stepsMax: 1_000 }).verdict).toBe("held");
	});

	it("finds a violation among many that overlap, and is quick about it", () => {
		const losers = Array.from({ length: 40 }, () => op(0, 100, { call: "acquire" }, held));
		const ghosts = Array.from({ length: 40 }, () => op(0, undefined, { call: "acquire" }));
		const writes = Array.from({ length: 10 }, (_, index) =>
			op(0, undefined, { call: "write", epoch: 1, value: String(index) }),
		);
		const grant = (at: number, number: number, text: string) =>
			op(at, at + 1, { call: "acquire" }, ok({ epoch: number, value: text }));
		const told = [op(1, 2, { call: "acquire" }, ok({ epoch: 1 })), ...losers, ...ghosts, ...writes];
		const search = (...more: Told[]) =>
			linearize(parseHistory(textOf([...told, ...more])).operations, leaseModel(), { stepsMax: 100_000 })
				.verdict;
		expect(search(grant(10, 50, "3"), grant(20, 60, "3"))).toBe("held");
		expect(search(grant(10, 2, "3"), grant(20, 3, "4"))).toBe("violated");
	});

	it("takes long histories in its stride", { timeout: 30_000 }, () => {
		const told = Array.from({ length: 10_000 }, (_, index) => index + 1).flatMap((number): Told[] => {
			const before = number === 1 ? {} : { value: String(number - 1) };
			return [
				op(number * 10, number * 10 + 12, { call: "acquire" }, ok({ epoch: number, ...before })),
				op(number * 10 + 5, number * 10 + 6, { call: "acquire" }, held),
				op(number * 10 + 7, number * 10 + 9, { call: "release", epoch: number, value: String(number) }, ok()),
			];
		});
		const history = parseHistory(textOf(told));
		expect(checkHistory(history, { stepsMax: 50_000 }).verdict).toBe("held");
	});
});
