// The matcher `toHold`, for reports of explorations.
import type { Report, Verdict } from "../explore/report.ts";
import { failureText, type HoldOptions } from "../report/assert-holds.ts";
import { explorationText } from "../report/exploration-text.ts";

interface Match {
	readonly pass: boolean;
	readonly message: () => string;
}

const VERDICTS = ["held", "violated", "vacuous", "not deterministic", "refused"] as const satisfies Verdict[];

/** @throws TypeError if what was received is no report. */
export function toHold(
	this: { readonly isNot?: boolean },
	received: unknown,
	options: HoldOptions = {},
): Match {
	if (!isReport(received)) throw new TypeError("Expected a report, as `await explore(scenario)` answers it.");
	if (this.isNot) {
		const broken = received.verdict === "violated";
		return {
			pass: !broken,
			message: () => `Expected some schedule to break it.\n\n${explorationText(received)}`,
		};
	}
	const text = failureText(received, options);
	return { pass: text === undefined, message: () => text ?? "" };
}

function isReport(value: unknown): value is Report {
	const { verdict, schedules } = (value ?? {}) as Partial<Report>;
	return VERDICTS.some((known) => known === verdict) && typeof schedules === "number";
}
