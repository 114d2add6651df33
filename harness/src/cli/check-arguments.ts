// What was typed after `session-lease check`.
import { STEPS_MAX } from "../history/check-history.ts";
import { InputError } from "./input-error.ts";
import { integerOption } from "./integer-option.ts";
import type { OptionValues } from "./option-values.ts";

export interface CheckArguments {
	readonly command: "check";
	/** One at least; `-` is standard input. */
	readonly historyPaths: readonly string[];
	readonly stepsMax: number;
	readonly json: boolean;
}

export const CHECK_USAGE: string = `check: whether a recorded history can have been, if the lease keeps its promises. Several files are
one history, merged by time; "-" is standard input.

  --steps n               how long an order is looked for, per session (default ${STEPS_MAX})
  --json                  the report as JSON

Exit codes: 0 held; 1 a file cannot be used; 2 violated; 4 it cannot be said.
`;

export const CHECK_OPTIONS = {
	steps: { type: "string" },
	json: { type: "boolean" },
} as const;

/** @throws InputError */
export function checkArguments(
	historyPaths: readonly string[],
	values: OptionValues<typeof CHECK_OPTIONS>,
): CheckArguments {
	if (historyPaths.length === 0) {
		throw new InputError('Expected the path of a history, or "-": check <history.jsonl>.');
	}
	const twice = historyPaths.find((path, index) => historyPaths.indexOf(path) !== index);
	if (twice !== undefined) throw new InputError(`"${twice}" was given twice.`);
	return {
		command: "check",
		historyPaths,
		stepsMax: integerOption("steps", values.steps, { fallback: STEPS_MAX, min: 1, max: 1_000_000_000 }),
		json: values.json ?? false,
	};
}
