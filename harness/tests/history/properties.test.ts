// Histories made from a lease that really is sequential hold; with any one lie in them they are violated.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Completion, HistoryReport } from "../../src/history/index.ts";
import { soakTimes } from "../support/soak.ts";
import { failed, granted, held, judge, ok, op, released, type Told, unknown, voided, wrote } from "./told.ts";

type Moment = (at: { from: number; to: number }) => Told[];

/** What one holder does, drawn: it saves some values, and gives its lease back or dies. */
interface Tenure {
	readonly skipped: number;
	readonly saves: readonly ("ok" | "unknown, kept" | "unknown, gone" | "void" | "failed")[];
	readonly losers: number;
	readonly end: "release" | "save" | "abandon" | "died";
}

const tenure: fc.Arbitrary<Tenure> = fc.record({
	skipped: fc.constantFrom(0, 0, 0, 1, 2),
	saves: fc.array(fc.constantFrom("ok", "ok", "unknown, kept", "unknown, gone", "void", "failed"), {
		maxLength: 3,
	}),
	losers: fc.nat(2),
	end: fc.constantFrom("release", "save", "abandon", "died"),
});

/** The moments at which things happen to one lease, in order; every value is saved once. */
function live(tenures: readonly Tenure[]): Moment[] {
	const moments: Moment[] = [];
	let epoch = 0;
	let value: string | undefined;
	let saves = 0;
	for (const { skipped, saves: outcomes, losers, end } of tenures) {
		epoch += 1 + skipped;
		const [mine, loaded] = [epoch, value];
		moments.push(({ from, to }) => [granted(from, to, mine, loaded)]);
		for (const outcome of outcomes) {
			const text = `value ${++saves}`;
			if (outcome === "ok" || outcome === "unknown, kept") value = text;
			const completion = {
				ok: ok(),
				void: voided,
				failed,
				"unknown, kept": unknown,
				"unknown, gone": unknown,
			}[outcome];
			moments.push(({ from, to }) => [wrote(from, to, mine, text, completion)]);
		}
		for (let loser = 0; loser < losers; loser++) {
			moments.push(({ from, to }) => [op(from, to, { call: "acquire" }, held)]);
		}
		if (end === "save") {
			const text = `value ${++saves}`;
			value = text;
			moments.push(({ from, to }) => [released(from, to, mine, text)]);
		}
		if (end === "release") moments.push(({ from, to }) => [released(from, to, mine)]);
		if (end === "abandon")
			moments.push(({ from, to }) => [op(from, to, { call: "abandon", epoch: mine }, ok())]);
	}
	// Whoever comes last sees what there is.
	const [last, loaded] = [epoch + 1, value];
	moments.push(({ from, to }) => [granted(from, to, last, loaded)]);
	return moments;
}

/** Each moment lies somewhere between the two lines of its operation, up to `reach` away. */
const overlapping = (reach: number): fc.Arbitrary<Told[]> =>
	fc
		.array(tenure, { minLength: 1, maxLength: 6 })
		.map(live)
		.chain((moments) =>
			fc
				.array(fc.tuple(fc.nat(reach), fc.nat(reach)), {
					minLength: moments.length,
					maxLength: moments.length,
				})
				.map((spread) =>
					moments.flatMap((moment, index) => {
						const [before, after] = spread[index] as [number, number];
						return moment({ from: index * 10 - before, to: index * 10 + after });
					}),
				),
		);

const sentences = ({ checks }: HistoryReport) =>
	checks.flatMap(({ findings }) => findings.map(({ sentence }) => sentence));

const isGrant = ({ call, end }: Told) => call.call === "acquire" && end?.type === "ok";
const valueIn = ({ call, end }: Told) =>
	end?.type === "ok" && call.call === "acquire" ? end.value : "value" in call ? call.value : undefined;

/** A lie that the history cannot bear, `undefined` if there is no place for it. */
type Lie = (told: readonly Told[], pick: number) => Told[] | undefined;

/** One of the grants told otherwise. */
const retold =
	(change: (grant: Told, told: readonly Told[], pick: number) => object | undefined): Lie =>
	(told, pick) => {
		const grants = told.filter(isGrant);
		const grant = grants[pick % grants.length] as Told;
		const answer = change(grant, told, pick);
		return (
			answer &&
			told.map((it) => (it === grant ? { ...it, end: { ...(grant.end as Completion), ...answer } } : it))
		);
	};

const LIES: Readonly<Record<string, Lie>> = {
	"a grant that loaded what nobody saved": retold(() => ({ value: "nobody's" })),
	"a grant that loaded what was told void": retold((_grant, told, pick) => {
		const voids = told.filter(({ end }) => end === voided);
		const value = voids.length > 0 ? valueIn(voids[pick % voids.length] as Told) : undefined;
		return value === undefined ? undefined : { value };
	}),
	"two grants with their values swapped": (told, pick) => {
		const grants = told.filter(isGrant);
		const one = grants[pick % grants.length] as Told;
		const other = grants.find((grant) => valueIn(grant) !== valueIn(one));
		if (!other) return undefined;
		const swapped = (grant: Told, from: Told): Told => {
			const { value: _value, ...end } = grant.end as Extract<Completion, { type: "ok" }>;
			const value = valueIn(from);
			return { ...grant, end: { ...end, ...(value === undefined ? {} : { value }) } };
		};
		return told.map((it) => (it === one ? swapped(one, other) : it === other ? swapped(other, one) : it));
	},
	"an epoch granted twice": retold((grant, told, pick) => {
		const others = told.filter((it) => isGrant(it) && it !== grant);
		const other = others[pick % Math.max(1, others.length)];
		return other?.end?.type === "ok" ? { epoch: other.end.epoch } : undefined;
	}),
	"a save that was loaded, and is gone": (told, pick) => {
		const loaded = new Set(told.filter(isGrant).map(valueIn));
		const saves = told.filter((it) => !isGrant(it) && loaded.has(valueIn(it)) && valueIn(it) !== undefined);
		return saves.length === 0 ? undefined : told.filter((it) => it !== saves[pick % saves.length]);
	},
	"an acknowledged save that nobody loads any more": (told) => {
		const last = told.findLast(isGrant) as Told;
		const saved = told.find((it) => !isGrant(it) && valueIn(it) === valueIn(last) && it.end?.type === "ok");
		if (!saved || valueIn(last) === undefined) return undefined;
		return told.map((it) =>
			it === last ? { ...it, end: ok({ epoch: (last.end as { epoch: number }).epoch }) } : it,
		);
	},
};

describe("a lease that is sequential", () => {
	it.each([0, 4, 25, 60])("leaves histories that hold, up to %d apart", (reach) => {
		const property = fc.property(overlapping(reach), (told) => {
			const report = judge(told);
			expect(sentences(report)).toEqual([]);
			expect(report.verdict).toBe("held");
		});
		fc.assert(property, { numRuns: 200 * soakTimes });
	});

	it.each(Object.entries(LIES))("is not mistaken for one with %s", (_, lie) => {
		let lies = 0;
		const property = fc.property(overlapping(4), fc.nat(1_000), (told, pick) => {
			const lied = lie(told, pick);
			if (!lied) return;
			lies++;
			expect(judge(lied).verdict).toBe("violated");
		});
		fc.assert(property, { numRuns: 300 * soakTimes });
		expect(lies).toBeGreaterThan(100);
	});
});
