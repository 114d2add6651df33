// One call as two lines of a history: its invoke before it begins, its completion before the caller hears of it.
import { SessionLeaseError } from "../lease/errors.ts";
import type { Call, Completion, HistoryLine } from "./history.ts";

export interface RecordOptions {
	/** Names who calls, for people. */
	readonly process: string;
	/**
	 * An integer that never falls, comparable over all processes of the history. Calls that began and ended at one time
	 * count as overlapping: the finer the clock, the more a check can find.
	 */
	readonly time: () => number;
	/** Keeps a line; when it returns, the line must be as safe as the caller's knowledge of the call is to be. */
	readonly record: (line: HistoryLine) => void;
	/**
	 * Names the next operation, once in a history.
	 * @default the process, and a count: then no two processes may have one name, nor one that has started anew
	 */
	readonly newOp?: () => number | string;
}

export interface RecordedCall<R> {
	readonly key: string;
	readonly call: Call;
	/** What an answer says. */
	readonly answered: (answer: R) => Completion;
	/** What an error says. */
	readonly rejected: (error: unknown) => Completion;
}

/** Makes calls and writes them down. Answers and rejects as the call does. */
export type RecordCall = <R>(recorded: RecordedCall<R>, make: () => Promise<R>) => Promise<R>;

/** @throws SessionLeaseError (`option_invalid`), and so do its calls, if a name is empty. */
export function createRecordCall({ process, time, record, newOp }: RecordOptions): RecordCall {
	expectName("process", process);
	let count = 0;
	const nextOp = newOp ?? (() => `${process}/${++count}`);
	return async ({ key, call, answered, rejected }, make) => {
		expectName("key", key);
		const op = nextOp();
		const complete = (completion: Completion) => record({ op, process, time: time(), ...completion });
		record({ op, process, type: "invoke", time: time(), key, ...call });
		const answer = await make().catch((error: unknown) => {
			complete(rejected(error));
			throw error;
		});
		complete(answered(answer));
		return answer;
	};
}

function expectName(option: string, name: string): void {
	if (typeof name === "string" && name !== "") return;
	const message = `Expected \`${option}\` to be a text that is not empty, got \`${JSON.stringify(name)}\`.`;
	throw new SessionLeaseError("option_invalid", message);
}

export const OK: Completion = { type: "ok" };

/** The code of an error, as a field of a completion. */
export function codeOf(error: unknown): { readonly code?: string } {
	const { code } = (error ?? {}) as { readonly code?: unknown };
	return typeof code === "string" && code !== "" ? { code } : {};
}
