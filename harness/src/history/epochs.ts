// One winner per epoch, and epochs only grow.
import { type CheckReport, checkReport, type Finding } from "./check-report.ts";
import { highestBefore } from "./highest-before.ts";
import { answerOf, type Operation } from "./history.ts";
import type { Partition } from "./partition.ts";
import { listed, named } from "./sentences.ts";

export function checkEpochs(partitions: readonly Partition[]): CheckReport {
	let evaluated = 0;
	const findings: Finding[] = [];
	for (const { kind, key, operations } of partitions) {
		if (kind !== "session") continue;
		const grants = operations.filter(
			({ outcome, invoke }) => outcome === "ok" && invoke.line.call === "acquire",
		);
		evaluated += grants.length;
		findings.push(...grantedTwice(key, grants), ...goneDown(key, grants));
	}
	return checkReport("epochs", evaluated, findings);
}

const epochOf = (grant: Operation): number => answerOf(grant).epoch ?? 0;

function grantedTwice(key: string, grants: readonly Operation[]): Finding[] {
	const byEpoch = new Map<number, Operation[]>();
	for (const grant of grants) byEpoch.set(epochOf(grant), [...(byEpoch.get(epochOf(grant)) ?? []), grant]);
	return [...byEpoch]
		.filter(([, ops]) => ops.length > 1)
		.map(([epoch, ops]) => ({
			sentence: `Epoch ${epoch} of session "${key}" was granted ${ops.length} times: to ${listed(ops.map(named))}.`,
			ops,
		}));
}

function goneDown(key: string, grants: readonly Operation[]): Finding[] {
	return [...highestBefore(grants, grants, epochOf)]
		.filter(([grant, earlier]) => epochOf(earlier) > epochOf(grant))
		.map(([grant, earlier]) => ({
			sentence:
				`Epoch ${epochOf(grant)} of session "${key}" was granted to ${named(grant)} ` +
				`after epoch ${epochOf(earlier)} to ${named(earlier)}.`,
			ops: [earlier, grant],
		}));
}
