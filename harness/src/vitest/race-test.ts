// Vitest's `test` with `race` added: a test that is an exploration.
import { test as plain, type TestAPI } from "vitest";
import type { Scenario } from "../explore/scenario.ts";
import { type RaceOptions, type RacePorts, runRace } from "./race.ts";

/** Defines a test that explores a scenario, and fails unless it holds. */
export type DefineRace = (name: string, scenario: Scenario, options?: RaceOptions) => void;

export interface RaceTest extends TestAPI {
	readonly race: DefineRace & { readonly only: DefineRace; readonly skip: DefineRace };
}

const TIMEOUT_MS = 120_000;

/** A test of its own: vitest's stays as it is for those who import it from there. */
export function createRaceTest(ports: RacePorts): RaceTest {
	const own: TestAPI = plain.extend({});
	const raceBy =
		(define: typeof own.only): DefineRace =>
		(name, scenario, options = {}) => {
			const { stack: definedAt = "" } = new Error("Only for its stack.");
			const timeout = options.timeoutMs ?? TIMEOUT_MS;
			define(name, { timeout }, ({ signal }) =>
				runRace({ testName: name, scenario, options, signal, definedAt }, ports),
			);
		};
	return Object.assign(own, {
		race: Object.assign(raceBy(own), { only: raceBy(own.only), skip: raceBy(own.skip) }),
	});
}
