// Which operations of a session or a register show its value, and which change it.
import { answerOf, endOf, type Operation, precedes, startOf } from "./history.ts";

export interface ValueOperation {
	readonly operation: Operation;
	/** `undefined`: none. */
	readonly value: string | undefined;
}

/** What was told that it saved a value, may have, or has not. */
export function writesOf(operations: readonly Operation[]): ValueOperation[] {
	return operations.flatMap((operation): ValueOperation[] => {
		const { line } = operation.invoke;
		if (line.call === "forget") return [{ operation, value: undefined }];
		return "value" in line && line.value !== undefined ? [{ operation, value: line.value }] : [];
	});
}

/** What was granted or read. */
export function loadsOf(operations: readonly Operation[]): ValueOperation[] {
	return operations
		.filter(({ outcome, invoke }) => outcome === "ok" && LOADS.has(invoke.line.call))
		.map((operation) => ({ operation, value: answerOf(operation).value }));
}

const LOADS: ReadonlySet<string> = new Set(["acquire", "read"]);

export const hasFailed = ({ operation }: ValueOperation): boolean => operation.outcome === "fail";

export type ByValue = ReadonlyMap<string | undefined, readonly ValueOperation[]>;

export function byValue(values: readonly ValueOperation[]): ByValue {
	const groups = new Map<string | undefined, ValueOperation[]>();
	for (const it of values) {
		const group = groups.get(it.value);
		if (group) group.push(it);
		else groups.set(it.value, [it]);
	}
	return groups;
}

/** Whether somebody may have saved this value before `load` ended, and not all of it before `since` began. */
export function mayShow(
	writes: ByValue,
	{ operation: load, value }: ValueOperation,
	{ since }: { readonly since: Operation },
): boolean {
	const same = writes.get(value) ?? [];
	return same.some(
		(write) =>
			!hasFailed(write) && startOf(write.operation) <= endOf(load) && !precedes(write.operation, since),
	);
}
