// The conformance kit: what every store promises to the lease, as cases for any test runner.
import { SessionLeaseError } from "../lease/errors.ts";
import { batches } from "./groups/batches.ts";
import { concurrency } from "./groups/concurrency.ts";
import { fieldTypes } from "./groups/field-types.ts";
import { largeRecords } from "./groups/large-records.ts";
import { lateAnswers } from "./groups/late-answers.ts";
import { refusals } from "./groups/refusals.ts";
import { separateRecords } from "./groups/separate-records.ts";
import { serverGone } from "./groups/server-gone.ts";
import { wholeLease } from "./groups/whole-lease.ts";
import type { Port, TestRunner } from "./port.ts";
import { createSuite, type Suite } from "./suite.ts";

const GROUPS: readonly (readonly [string, (suite: Suite) => void])[] = [
	["batches", batches],
	["types of fields", fieldTypes],
	["large records", largeRecords],
	["separate records", separateRecords],
	["refusals", refusals],
	["many clients", concurrency],
	["the lease on top", wholeLease],
	["a server that goes away", serverGone],
	["answers that come late", lateAnswers],
];

export interface ConformOptions {
	/** Multiplies what is drawn and repeated: a positive integer. @default 1: about ten seconds */
	readonly scale?: number;
}

/**
 * Describes the cases of a port to the runner. One that cannot do what a case is about says so in its capabilities; the
 * case then looks whether that is so, and nothing is left out. A case ends by itself after 30 s at most: give the
 * runner a limit above that.
 * @throws SessionLeaseError (`option_invalid`): the scale
 */
export function conform(runner: TestRunner, port: Port, { scale = 1 }: ConformOptions = {}): void {
	if (!Number.isSafeInteger(scale) || scale < 1) {
		const message = `Expected \`scale\` to be a positive integer, got \`${scale}\`.`;
		throw new SessionLeaseError("option_invalid", message);
	}
	const suite = createSuite(runner, port, scale);
	runner.describe(`${port.name} as a store of leases`, () => {
		for (const [title, group] of GROUPS) runner.describe(title, () => group(suite));
	});
}
