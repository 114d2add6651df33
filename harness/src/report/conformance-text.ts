// How an engine answered the table of cases, as text for people: a line for each case, and what differs below it.
import type { Difference } from "../conformance/iii/differences.ts";
import type { CaseResult, ConformanceReport } from "../conformance/iii/report.ts";
import type { Target } from "../conformance/iii/target.ts";
import { counted } from "./counted.ts";
import { cut, oneLine } from "./table.ts";

const WIDTH_MAX = 160;

export function conformanceText({ target, results, ok, differ, notRun }: ConformanceReport): string {
	const sums = [`${ok} as expected`, `${differ} ${differ === 1 ? "differs" : "differ"}`, `${notRun} not run`];
	const lines = [targetLine(target), "", ...results.flatMap(resultLines), ""];
	return `${[...lines, `${counted(results.length, "case")}: ${sums.join(", ")}.`].join("\n")}\n`;
}

const KNOWN_FROM = {
	given: "as given",
	configuration: "as it is configured",
	probe: "as a probe shows",
} as const satisfies Record<Target["adapterFrom"], string>;

function targetLine({ engineVersion, adapter, adapterFrom }: Target): string {
	const version =
		engineVersion === undefined ? "iii of a version that it does not tell" : `iii ${engineVersion}`;
	return oneLine(`${version}, state in ${adapter}, ${KNOWN_FROM[adapterFrom]}`);
}

function resultLines(result: CaseResult): string[] {
	switch (result.verdict) {
		case "ok":
			return [`ok       ${result.name}`];
		case "not run":
			return [cut(oneLine(`not run  ${result.name}: ${result.why}`), WIDTH_MAX)];
		case "differs":
			return [`differs  ${result.name}`, ...result.differences.flatMap(differenceLines)];
	}
}

const INDENT = " ".repeat(9);

function differenceLines({ at, expected, got }: Difference): string[] {
	const line = (start: string, text: string) => cut(`${INDENT}${start}${oneLine(text)}`, WIDTH_MAX);
	return [line("", at), line("  expected ", shown(expected)), line("  got      ", shown(got))];
}

function shown(value: unknown): string {
	return value === undefined ? "nothing" : JSON.stringify(value);
}
