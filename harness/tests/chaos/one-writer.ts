// What leases still promise on a store that forgets: no value is written by two holders, and none comes from nowhere.
//
// Epochs may be granted twice there, so that a holder is known by who it is and when it was granted, not by its epoch.
import type { Operation } from "../../src/history/history.ts";

interface Grant {
	readonly process: string;
	readonly epoch: number;
	/** When its acquire was answered. */
	readonly grantedAt: number;
}

/** One sentence for each acknowledged write by somebody who was no longer the last to be granted the session. */
export function violationsOfOneWriter(operations: readonly Operation[]): string[] {
	const sessions = new Map<string, Operation[]>();
	for (const operation of operations) {
		const { key } = operation.invoke.line;
		sessions.set(key, [...(sessions.get(key) ?? []), operation]);
	}
	return [...sessions].flatMap(([session, own]) => [
		...violationsOfSession(session, own),
		...violationsOfLoads(session, own),
	]);
}

function violationsOfSession(session: string, operations: readonly Operation[]): string[] {
	const grants = grantsOf(operations);
	const violations: string[] = [];
	for (const { invoke, completion, outcome } of operations) {
		const { line } = invoke;
		if (outcome !== "ok" || !completion || (line.call !== "write" && line.call !== "release")) continue;
		const mine = grants.findLast(
			({ process, epoch, grantedAt }) =>
				process === line.process && epoch === line.epoch && grantedAt <= line.time,
		);
		const later = grants.find(
			(grant) => grant !== mine && mine && grant.grantedAt > mine.grantedAt && grant.grantedAt < line.time,
		);
		if (later) {
			violations.push(
				`Session "${session}": ${line.process} wrote in epoch ${line.epoch} and was told so, after ${later.process} had been granted epoch ${later.epoch}.`,
			);
		}
	}
	return violations;
}

function violationsOfLoads(session: string, operations: readonly Operation[]): string[] {
	const written = new Set(
		operations.flatMap(({ invoke: { line } }) =>
			(line.call === "write" || line.call === "release") && line.value !== undefined ? [line.value] : [],
		),
	);
	return operations.flatMap(({ invoke, completion, outcome }) => {
		if (invoke.line.call !== "acquire" || outcome !== "ok") return [];
		const value = completion?.line.type === "ok" ? completion.line.value : undefined;
		if (value === undefined || written.has(value)) return [];
		return [`Session "${session}": ${invoke.line.process} loaded a value that nobody has written.`];
	});
}

function grantsOf(operations: readonly Operation[]): Grant[] {
	return operations
		.flatMap(({ invoke, completion }) => {
			const line = completion?.line;
			if (invoke.line.call !== "acquire" || line?.type !== "ok" || line.epoch === undefined) return [];
			return [{ process: invoke.line.process, epoch: line.epoch, grantedAt: line.time }];
		})
		.sort((a, b) => a.grantedAt - b.grantedAt);
}
