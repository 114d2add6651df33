// An effect elsewhere, written down as begun before it begins.
import { codeOf, createRecordCall, OK, type RecordOptions } from "./record-call.ts";

export interface Effect {
	/** What is to be done once. */
	readonly key: string;
	/** The fencing token that it was sent with. */
	readonly epoch?: number;
	/** Doing it again changes nothing. @default false */
	readonly repeatable?: boolean;
}

/** Makes effects and writes them down; a rejection leaves open whether there was one. Answers and rejects as `make` does. */
export type RecordEffect = <R>(effect: Effect, make: () => Promise<R>) => Promise<R>;

export function createRecordEffect(options: RecordOptions): RecordEffect {
	const recordCall = createRecordCall(options);
	return ({ key, ...effect }, make) => {
		const call = { call: "effect", ...effect } as const;
		const rejected = (error: unknown) => ({ type: "unknown", ...codeOf(error) }) as const;
		return recordCall({ key, call, answered: () => OK, rejected }, make);
	};
}
