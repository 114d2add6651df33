// No two acknowledged updates are computed from the same state: the first of them would be lost.
import { type CheckReport, checkReport, type Finding } from "./check-report.ts";
import { answerOf, type Operation } from "./history.ts";
import {
	type ByValue,
	byValue,
	loadsOf,
	mayShow,
	type ValueOperation,
	writesOf,
} from "./loads-and-writes.ts";
import type { Partition } from "./partition.ts";
import { listed, named, shown } from "./sentences.ts";

export function checkLostUpdates(partitions: readonly Partition[]): CheckReport {
	let evaluated = 0;
	const findings: Finding[] = [];
	for (const { kind, key, operations } of partitions) {
		if (kind === "register") {
			const puts = operations.filter(
				({ outcome, invoke }) => outcome === "ok" && baseOf(invoke.line) !== undefined,
			);
			evaluated += puts.length;
			findings.push(...putsOnOneBase(key, puts));
		}
		if (kind === "session") {
			const updates = leaseUpdates(operations);
			evaluated += updates.length;
			findings.push(...grantsOnOneBase(key, updates, byValue(writesOf(operations))));
		}
	}
	return checkReport("lost updates", evaluated, findings);
}

const baseOf = (line: Operation["invoke"]["line"]): number | undefined =>
	line.call === "put" ? line.base : undefined;

function putsOnOneBase(key: string, puts: readonly Operation[]): Finding[] {
	const byBase = new Map<number | undefined, Operation[]>();
	for (const put of puts) {
		const base = baseOf(put.invoke.line);
		byBase.set(base, [...(byBase.get(base) ?? []), put]);
	}
	return [...byBase]
		.filter(([, ops]) => ops.length > 1)
		.map(([base, ops]) => ({
			sentence: `Version ${base} of register "${key}" was updated ${ops.length} times: by ${listed(ops.map(named))}.`,
			ops,
		}));
}

interface LeaseUpdate {
	readonly grant: ValueOperation;
	readonly epoch: number;
	/** The first that was acknowledged under it. */
	readonly save: Operation;
}

/** The grants that were told that something they saved is saved, by epoch. */
function leaseUpdates(operations: readonly Operation[]): LeaseUpdate[] {
	const firstSave = new Map<number | undefined, Operation>();
	for (const { operation } of writesOf(operations)) {
		const epoch = epochOf(operation);
		if (operation.outcome === "ok" && !firstSave.has(epoch)) firstSave.set(epoch, operation);
	}
	return loadsOf(operations)
		.flatMap((grant) => {
			const { epoch = 0 } = answerOf(grant.operation);
			const save = firstSave.get(epoch);
			return save ? [{ grant, epoch, save }] : [];
		})
		.sort((a, b) => a.epoch - b.epoch);
}

function epochOf({ invoke }: Operation): number | undefined {
	return "epoch" in invoke.line ? invoke.line.epoch : undefined;
}

/** What stood before an update stands after it only if somebody has saved it again. */
function grantsOnOneBase(key: string, updates: readonly LeaseUpdate[], writes: ByValue): Finding[] {
	const last = new Map<string | undefined, LeaseUpdate>();
	const findings: Finding[] = [];
	for (const update of updates) {
		const { value, operation } = update.grant;
		const before = last.get(value);
		last.set(value, update);
		if (!before || mayShow(writes, update.grant, { since: before.grant.operation })) continue;
		const sentence =
			`Epochs ${before.epoch} and ${update.epoch} of session "${key}" both updated ${shown(value)}: ` +
			`what ${named(before.save)} saved was lost.`;
		findings.push({ sentence, ops: [before.grant.operation, before.save, operation, update.save] });
	}
	return findings;
}
