// The operations of one session, one register or one effect: what is checked by itself.
import type { CallName, Operation } from "./history.ts";

export type ObjectKind = "session" | "register" | "effect";

export interface Partition {
	readonly kind: ObjectKind;
	readonly key: string;
	readonly operations: readonly Operation[];
}

const KINDS: Readonly<Record<CallName, ObjectKind>> = {
	acquire: "session",
	write: "session",
	release: "session",
	abandon: "session",
	renew: "session",
	forget: "session",
	read: "register",
	put: "register",
	effect: "effect",
};

/** In the order of their first invokes, and so are the operations of each. */
export function partitionsOf(operations: readonly Operation[]): Partition[] {
	const partitions = new Map<string, Partition & { readonly operations: Operation[] }>();
	for (const operation of [...operations].sort((a, b) => a.invoke.line.time - b.invoke.line.time)) {
		const { call, key } = operation.invoke.line;
		const kind = KINDS[call];
		const name = `${kind} ${key}`;
		const partition = partitions.get(name) ?? { kind, key, operations: [] };
		partition.operations.push(operation);
		partitions.set(name, partition);
	}
	return [...partitions.values()];
}
