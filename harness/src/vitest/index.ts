// The entry point for vitest: importing it registers `toHold`, and its `test` has `test.race`.
import { expect } from "vitest";
import type { HoldOptions } from "../report/assert-holds.ts";
import { createRaceTest, type RaceTest } from "./race-test.ts";
import { toHold } from "./to-hold.ts";

export type { RaceOptions } from "./race.ts";
export type { DefineRace, RaceTest } from "./race-test.ts";

declare module "vitest" {
	// biome-ignore lint/suspicious/noExplicitAny: vitest declares it so, and both declarations have to be the same
	interface Matchers<T = any> {
		/**
		 * Of a report: its verdict is `held` and, with `complete`, every schedule was run. `.not.toHold()`: some schedule
		 * breaks something. A vacuous report is neither.
		 */
		toHold(options?: HoldOptions): T;
	}
}

expect.extend({ toHold });

/** Vitest's `test`, with `race`. */
export const test: RaceTest = createRaceTest({
	environment: process.env,
	print: (text) => console.log(text),
});
