// Drawn updates on a real iii engine and on the in-process one, side by side: answers of the same bytes.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { setup } from "../engine/setup.ts";
import { engineBinary, redisBinary, startEngine, tellNotTested } from "./iii-engine.ts";

if (engineBinary === undefined) {
	tellNotTested("drawn updates on a real iii engine", "III_ENGINE names no binary");
} else if (redisBinary === undefined) {
	tellNotTested("drawn updates on Redis", "no redis-server is on the PATH");
}

const RECORDS = 400;

const name = fc.constantFrom("a", "b", "0", "1", "é", "", "toString");
const segment = fc.oneof({ weight: 20, arbitrary: name }, fc.constantFrom("constructor", "__proto__"));
/** One refused name: which of several is told of, Redis leaves to chance. */
const merged = fc.oneof({ weight: 20, arbitrary: name }, fc.constant("constructor"));
/** No fraction of more digits than it takes: reading one, iii may miss its last digit. */
const number = fc.oneof(
	fc.integer(),
	fc.maxSafeInteger(),
	fc.integer().map((count) => count / 8),
	fc.constantFrom(1e15, 123_456_789_012_345, 12_345_678_901_234.5, 1e21, 0.1),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
	value: fc.oneof(
		{ depthSize: "small", withCrossShrink: true },
		fc.constantFrom(null, true, false, "", "x", "é😀"),
		number,
		fc.array(tie("value"), { maxLength: 3 }),
		fc.dictionary(name, tie("value"), { maxKeys: 3 }),
	),
}));
const deepPath = fc.oneof(segment, fc.array(segment, { maxLength: 3 }));
const op = fc.oneof(
	fc.record({ type: fc.constant("set"), path: segment, value }, { requiredKeys: ["type", "path"] }),
	fc.record({ type: fc.constant("remove"), path: segment }),
	fc.record({
		type: fc.constantFrom("increment", "decrement"),
		path: segment,
		by: fc.oneof(fc.integer(), fc.maxSafeInteger()),
	}),
	fc.record(
		{ type: fc.constant("merge"), path: deepPath, value: fc.dictionary(merged, value, { maxKeys: 3 }) },
		{ requiredKeys: ["type", "value"] },
	),
	fc.record(
		{ type: fc.constantFrom("append", "merge"), path: deepPath, value },
		{ requiredKeys: ["type", "value"] },
	),
);
const updates = fc.array(fc.array(op, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 2 });

describe.skipIf(engineBinary === undefined)("an update drawn at random", () => {
	for (const state of ["kv", "redis"] as const) {
		it.skipIf(state === "redis" && redisBinary === undefined)(
			`has the same answer from a real iii engine and from the in-process one, on ${state}`,
			async () => {
				const engine = await startEngine(engineBinary as string, { state });
				try {
					const iii = engine.connect();
					const { call } = setup({ state });
					const callReal = (function_id: string, payload: unknown) => iii.trigger({ function_id, payload });
					let records = 0;
					const sameAnswers = fc.asyncProperty(
						fc.option(value, { nil: undefined }),
						updates,
						async (before, drawn) => {
							const place = { scope: "drawn", key: `k${++records}` };
							const answers = async (make: typeof call): Promise<string[]> => {
								const given: unknown[] = [];
								if (before !== undefined) given.push(await make("state::set", { ...place, value: before }));
								for (const ops of drawn) given.push(await make("state::update", { ...place, ops }));
								return given.map((answer) => JSON.stringify(answer));
							};
							expect(await answers(call)).toEqual(await answers(callReal));
						},
					);
					await fc.assert(sameAnswers, { numRuns: RECORDS });
					expect(records).toBeGreaterThanOrEqual(RECORDS);
				} finally {
					await engine.stop();
				}
			},
			60_000,
		);
	}
});
