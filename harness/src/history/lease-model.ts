// The fenced lease as one sequential object: who may take it, and whose writes count.
//
// acquire: takes any epoch above all before, from whoever holds it (when is up to clocks, which are no part of this),
// and loads the value that stands. Its moment is that of its bid; nothing of an earlier epoch counts from then on.
// An acquire of unknown outcome may have taken an epoch and died before it was granted: it holds the session from
// others, but what the holder before it still has under way may land until somebody is granted.
// write, release, abandon, renew, forget: ok only under the epoch that is the last and was not given back.
import { answerOf, type Operation } from "./history.ts";
import type { Model } from "./linearize.ts";
import { shownApart } from "./sentences.ts";

export interface LeaseState {
	/** The last that was taken, 0 before the first. */
	readonly epoch: number;
	/** The last that was granted: late writes of this one may still land. */
	readonly granted: number;
	/** Released or abandoned. */
	readonly free: boolean;
	/** `undefined`: none. */
	readonly value: string | undefined;
}

export function leaseModel(): Model<LeaseState> {
	// Values may be long, and are compared often.
	const numbers = new Map<string | undefined, number>([[undefined, 0]]);
	const numberOf = (value: string | undefined): number => {
		const number = numbers.get(value) ?? numbers.size;
		numbers.set(value, number);
		return number;
	};
	return {
		initial: { epoch: 0, granted: 0, free: true, value: undefined },
		step,
		keyOf: ({ epoch, granted, free, value }) => `${epoch} ${granted} ${free} ${numberOf(value)}`,
		onlyLooks: ({ outcome, invoke }) => outcome === "fail" || invoke.line.call === "renew",
		isTooLate,
	};
}

/** Of what has failed, only being turned away says something: somebody held the session. */
export function tellsOfLease({ outcome, invoke, completion }: Operation): boolean {
	if (outcome !== "fail") return true;
	const code = completion?.line.type === "fail" ? completion.line.code : undefined;
	return invoke.line.call === "acquire" && code === "lease_held";
}

function step(state: LeaseState, operation: Operation): LeaseState | undefined {
	const { line } = operation.invoke;
	switch (line.call) {
		case "acquire":
			return acquired(state, operation);
		case "forget":
			if (line.epoch === undefined) return { ...state, granted: state.epoch, free: true, value: undefined };
			return after(state, operation, line.epoch, { free: true, value: undefined });
		case "write":
			return after(state, operation, line.epoch, { value: line.value });
		case "release":
			return after(state, operation, line.epoch, { free: true, value: line.value ?? state.value });
		case "abandon":
			return after(state, operation, line.epoch, { free: true });
		case "renew":
			return after(state, operation, line.epoch, {});
		default:
			return undefined;
	}
}

function acquired(state: LeaseState, operation: Operation): LeaseState | undefined {
	if (operation.outcome === "fail") return state.free ? undefined : state;
	if (operation.outcome === "unknown") return { ...state, epoch: state.epoch + 1, free: false };
	const { epoch = 0, value } = answerOf(operation);
	if (epoch <= state.epoch || value !== state.value) return undefined;
	return { epoch, granted: epoch, free: false, value };
}

/** What the holder of an epoch does, if it counts. */
function after(
	state: LeaseState,
	{ outcome }: Operation,
	epoch: number,
	change: Partial<LeaseState>,
): LeaseState | undefined {
	const isHead = epoch === state.epoch;
	const counts = outcome === "unknown" ? epoch === state.granted : isHead && !state.free;
	if (!counts) return undefined;
	// Under somebody's bid a late release saves its value, and frees nothing.
	return { ...state, ...change, free: isHead ? (change.free ?? state.free) : state.free };
}

function isTooLate(state: LeaseState, operation: Operation): boolean {
	const { line } = operation.invoke;
	if (line.call === "acquire") {
		return operation.outcome === "ok" && (answerOf(operation).epoch ?? 0) <= state.epoch;
	}
	if (!("epoch" in line) || line.epoch === undefined) return false;
	if (operation.outcome === "unknown") return line.epoch < state.granted;
	return line.epoch < state.epoch || (line.epoch === state.epoch && state.free);
}

/** Why an operation cannot take effect in this state. */
export function leaseRefusal({ epoch, free, value }: LeaseState, operation: Operation): string {
	const { line } = operation.invoke;
	if (operation.outcome === "fail") return "it was turned away, and nobody held the session";
	if (line.call === "acquire") {
		const { epoch: granted = 0, value: loaded } = answerOf(operation);
		if (granted <= epoch) return `it was granted epoch ${granted}, and epoch ${epoch} was taken`;
		const [got, stood] = shownApart(loaded, value);
		return `it was granted epoch ${granted} with ${got}, and ${stood} stood`;
	}
	const of = "epoch" in line ? (line.epoch ?? 0) : 0;
	if (of > epoch) return `it is of epoch ${of}, which was not granted`;
	if (of < epoch) return `it is of epoch ${of}, and epoch ${epoch} had taken over`;
	return free ? `it is of epoch ${of}, which had been given back` : "no order of them all is possible";
}
