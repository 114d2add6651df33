// What is done elsewhere is begun once, unless doing it again changes nothing.
import { type CheckReport, checkReport, type Finding } from "./check-report.ts";
import type { Operation } from "./history.ts";
import type { Partition } from "./partition.ts";
import { listed, named } from "./sentences.ts";

/** An effect that has failed was none. */
export function checkDuplicateEffects(partitions: readonly Partition[]): CheckReport {
	let evaluated = 0;
	const findings: Finding[] = [];
	for (const { kind, key, operations } of partitions) {
		if (kind !== "effect") continue;
		const begun = operations.filter(({ outcome }) => outcome !== "fail");
		evaluated += begun.length;
		if (begun.length < 2 || begun.every(isRepeatable)) continue;
		const sentence = `Effect "${key}" was begun ${begun.length} times: by ${listed(begun.map(named))}.`;
		findings.push({ sentence, ops: begun });
	}
	return checkReport("duplicate effects", evaluated, findings);
}

function isRepeatable({ invoke }: Operation): boolean {
	return invoke.line.call === "effect" && invoke.line.repeatable === true;
}
