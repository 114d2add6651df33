// What callers were told is true: a value told saved is loaded by the next, and one told void never shows.
import { type CheckReport, checkReport, type Finding } from "./check-report.ts";
import { highestBefore } from "./highest-before.ts";
import { endOf, startOf } from "./history.ts";
import { byValue, hasFailed, loadsOf, mayShow, type ValueOperation, writesOf } from "./loads-and-writes.ts";
import type { Partition } from "./partition.ts";
import { named, shown, shownApart } from "./sentences.ts";

export function checkTruthfulOutcomes(partitions: readonly Partition[]): CheckReport {
	let evaluated = 0;
	const findings: Finding[] = [];
	for (const { kind, key, operations } of partitions) {
		if (kind === "effect") continue;
		const of = `${kind} "${key}"`;
		const [loads, writes] = [loadsOf(operations), writesOf(operations)];
		for (const checked of [savedAndLoaded(of, loads, writes), failedAndLoaded(of, loads, writes)]) {
			evaluated += checked.evaluated;
			findings.push(...checked.findings);
		}
	}
	return checkReport("truthful outcomes", evaluated, findings);
}

type Checked = Pick<CheckReport, "evaluated" | "findings">;

/** Of the saves that had been acknowledged when a load began, the one that began last, or a later one, has to show. */
function savedAndLoaded(
	of: string,
	loads: readonly ValueOperation[],
	writes: readonly ValueOperation[],
): Checked {
	const acknowledged = writes.filter(({ operation }) => operation.outcome === "ok");
	const savedBy = new Map(acknowledged.map(({ operation, value }) => [operation, value]));
	const lastSaves = highestBefore(
		acknowledged.map(({ operation }) => operation),
		loads.map(({ operation }) => operation),
		startOf,
	);
	const byText = byValue(writes);
	const findings = loads.flatMap((load) => {
		const saved = lastSaves.get(load.operation);
		if (!saved || mayShow(byText, load, { since: saved })) return [];
		const [told, loaded] = shownApart(savedBy.get(saved), load.value);
		const sentence =
			`${capital(of)}: ${named(saved)} was told that ${told} is saved, ` +
			`and ${named(load.operation)} loaded ${loaded}.`;
		return [{ sentence, ops: [saved, load.operation] }];
	});
	return { evaluated: lastSaves.size, findings };
}

/** If others may have saved the same value, nobody can say whose it is that shows. */
function failedAndLoaded(
	of: string,
	loads: readonly ValueOperation[],
	writes: readonly ValueOperation[],
): Checked {
	const [sameWrites, sameLoads] = [byValue(writes), byValue(loads)];
	const lastEnd = loads.reduce((last, { operation }) => Math.max(last, endOf(operation)), -Infinity);
	const failed = writes.filter((write) => {
		const isOnlyOne = sameWrites.get(write.value)?.every(hasFailed) === true;
		return isOnlyOne && write.value !== undefined && startOf(write.operation) <= lastEnd;
	});
	return {
		evaluated: failed.length,
		findings: failed.flatMap((write) => findShown(of, write, sameLoads.get(write.value) ?? [])),
	};
}

function findShown(of: string, failed: ValueOperation, loads: readonly ValueOperation[]): Finding[] {
	const load = loads.find(({ operation }) => startOf(failed.operation) <= endOf(operation));
	if (!load) return [];
	const { completion } = failed.operation;
	const isVoid = completion?.line.type === "fail" && completion.line.void === true;
	const sentence =
		`${capital(of)}: ${named(failed.operation)} was told that ${shown(failed.value)} ` +
		`${isVoid ? "is void" : "was not saved"}, and ${named(load.operation)} loaded it.`;
	return [{ sentence, ops: [failed.operation, load.operation] }];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
