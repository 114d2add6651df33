// The ops of a batch as one change a field: the same as the ops one after the other, whatever is there before.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyOps, type FieldOp, type Fields, type FlatObject, type Scalar } from "../../src/index.ts";
import { type FieldChange, mergeOps } from "../../src/stores/merge-ops.ts";

/** What a server does that takes each field once and looks at the record as it was, or that nothing is applied. */
function applyChanges(before: Fields, changes: readonly FieldChange[]): Fields | "record_invalid" {
	const after: Record<string, Scalar | FlatObject> = { ...before };
	for (const change of changes) {
		const was = before[change.field];
		if (change.expects !== undefined && typeof was !== "number") {
			if (change.expects === "number" || was !== undefined) return "record_invalid";
		}
		switch (change.change) {
			case "add":
				if (was !== undefined && typeof was !== "number") throw new Error("nobody has looked at its type");
				after[change.field] = (was ?? 0) + change.by;
				break;
			case "put once":
				after[change.field] = was ?? change.value;
				break;
			case "put":
				after[change.field] = change.value;
				break;
			case "drop":
				delete after[change.field];
		}
	}
	return after;
}

function outcome<T>(apply: () => T): T | unknown {
	try {
		return apply();
	} catch (error) {
		return (error as { code?: unknown }).code;
	}
}

const field = fc.constantFrom("a", "b");
const scalar = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constantFrom("", "12", true, false));
const object = fc.record({ id: fc.constantFrom("x", "y", "z") });
const op: fc.Arbitrary<FieldOp> = fc.oneof(
	fc.record({ op: fc.constant("increment" as const), field, by: fc.integer({ min: -3, max: 3 }) }),
	fc.record({ op: fc.constant("set" as const), field, value: scalar }),
	fc.record({ op: fc.constant("setOnce" as const), field, value: object }),
	fc.record({ op: fc.constant("remove" as const), field }),
);

describe("the changes of a batch", () => {
	it("are one of each field, and do what its ops do, in their order, to every record", () => {
		const seen = { refused: 0, applied: 0 };
		const same = fc.property(
			fc.dictionary(field, fc.oneof(scalar, object)),
			fc.array(op, { maxLength: 7 }),
			(before, ops) => {
				const expected = outcome(() => applyOps(before, ops));
				const merged = outcome(() => mergeOps(ops)) as readonly FieldChange[];
				const got = Array.isArray(merged) ? applyChanges(before, merged) : merged;
				expect(got).toEqual(expected);
				seen[expected === "record_invalid" ? "refused" : "applied"]++;
				if (!Array.isArray(merged)) return;
				expect(merged.map((change) => change.field)).toEqual([...new Set(ops.map((one) => one.field))]);
			},
		);
		fc.assert(same, { numRuns: 2_000 });
		expect(Math.min(seen.refused, seen.applied)).toBeGreaterThan(100);
	});

	it("keep what an increment expects of a record, also when its field is set or removed after it", () => {
		const add: FieldOp = { op: "increment", field: "a", by: 1 };
		expect(mergeOps([add, { op: "set", field: "a", value: "x" }])).toEqual([
			{ field: "a", change: "put", value: "x", expects: "number or absent" },
		]);
		expect(mergeOps([add, { op: "remove", field: "a" }])).toEqual([
			{ field: "a", change: "drop", expects: "number or absent" },
		]);
	});

	it("are refused where no record could bear them, as the ops are", () => {
		const ops: FieldOp[] = [
			{ op: "set", field: "a", value: "text" },
			{ op: "increment", field: "a", by: 1 },
		];
		expect(outcome(() => mergeOps(ops))).toBe("record_invalid");
	});
});
