// What leases still promise on a store that forgets: no value is written by two holders, and none comes from nowhere.
//
// Epochs may be granted twice there, so that a holder is known by who it is, its epoch, and when it was granted that. Two
// grants of one epoch to one process cannot be told apart here.
import type { Operation } from "../../src/history/history.ts";

export interface OneWriterReport {
	/** How many acknowledged writes were judged. */
	readonly writes: number;
	/** How many loaded values were judged. */
	readonly loads: number;
	readonly violations: readonly string[];
}

export function checkOneWriter(operations: readonly Operation[]): OneWriterReport {
	const sessions = new Map<string, Operation[]>();
	for (const operation of operations) {
		const { key, call } = operation.invoke.line;
		if (call !== "effect") sessions.set(key, [...(sessions.get(key) ?? []), operation]);
	}
	const judged = [...sessions].flatMap(([session, own]) => [
		...judgeWrites(session, own).map((violation) => ({ what: "write", violation })),
		...judgeLoads(session, own).map((violation) => ({ what: "load", violation })),
	]);
	return {
		writes: judged.filter(({ what }) => what === "write").length,
		loads: judged.filter(({ what }) => what === "load").length,
		violations: judged.flatMap(({ violation }) => violation ?? []),
	};
}

interface Grant {
	readonly process: string;
	readonly epoch: number;
	/** When its acquire was answered. */
	readonly grantedAt: number;
}

/** Of each acknowledged write: what is wrong with it, if anything. */
function judgeWrites(session: string, operations: readonly Operation[]): (string | undefined)[] {
	const grants = grantsOf(operations);
	const releases = operations.filter(
		({ invoke, outcome }) => invoke.line.call === "release" && outcome === "ok",
	);
	return operations.flatMap((operation) => {
		const { line } = operation.invoke;
		if (operation.outcome !== "ok" || (line.call !== "write" && line.call !== "release")) return [];
		const wrote = `Session "${session}": ${line.process} wrote in epoch ${line.epoch}, and was told so,`;
		const isMine = (it: { process: string; epoch?: number }) =>
			it.process === line.process && it.epoch === line.epoch;
		const mine = grants.findLast((grant) => isMine(grant) && grant.grantedAt <= line.time);
		if (!mine) return [`${wrote} without having been granted it.`];
		const later = grants.find(
			(grant) => grant !== mine && grant.grantedAt > mine.grantedAt && grant.grantedAt <= line.time,
		);
		if (later) return [`${wrote} after ${later.process} had been granted epoch ${later.epoch}.`];
		const released = releases.find(({ invoke, completion }) => {
			const endedAt = completion?.line.time ?? Number.POSITIVE_INFINITY;
			return isMine(invoke.line as never) && invoke.line.time >= mine.grantedAt && endedAt < line.time;
		});
		return [released ? `${wrote} after it had released it.` : undefined];
	});
}

/** Of each value that was loaded: what is wrong with it, if anything. */
function judgeLoads(session: string, operations: readonly Operation[]): (string | undefined)[] {
	const writes = operations.flatMap(({ invoke: { line }, outcome }) =>
		(line.call === "write" || line.call === "release") && line.value !== undefined && outcome !== "fail"
			? [{ value: line.value, writtenAt: line.time }]
			: [],
	);
	return operations.flatMap(({ invoke, completion, outcome }) => {
		const line = completion?.line;
		if (
			invoke.line.call !== "acquire" ||
			outcome !== "ok" ||
			line?.type !== "ok" ||
			line.value === undefined
		) {
			return [];
		}
		const { value, time } = line;
		const isThere = writes.some((write) => write.value === value && write.writtenAt <= time);
		if (isThere) return [undefined];
		return [`Session "${session}": ${line.process} loaded a value that nobody can have written by then.`];
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
