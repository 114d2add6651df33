// A versioned register as one sequential object: each put counts one up, and may be bound to the version it is based on.
import { answerOf, type Operation } from "./history.ts";
import type { Model } from "./linearize.ts";
import { shown, shownApart } from "./sentences.ts";

export interface RegisterState {
	readonly version: number;
	/** `undefined`: none. */
	readonly value: string | undefined;
}

export const registerModel: Model<RegisterState> = {
	initial: { version: 0, value: undefined },
	step,
	// What stands under a version differs from order to order.
	keyOf: ({ version, value }) => JSON.stringify([version, value]),
	onlyLooks: ({ invoke }) => invoke.line.call === "read",
	isTooLate,
};

function step(state: RegisterState, operation: Operation): RegisterState | undefined {
	const { line } = operation.invoke;
	const answer = answerOf(operation);
	if (line.call === "read") {
		if (operation.outcome === "unknown") return state;
		return answer.version === state.version && answer.value === state.value ? state : undefined;
	}
	if (line.call !== "put" || (line.base ?? state.version) !== state.version) return undefined;
	const version = state.version + 1;
	if (operation.outcome === "ok" && answer.version !== version) return undefined;
	return { version, value: line.value };
}

function isTooLate({ version }: RegisterState, operation: Operation): boolean {
	const { line } = operation.invoke;
	const answer = answerOf(operation);
	if (line.call === "read") return operation.outcome === "ok" && (answer.version ?? 0) < version;
	if (line.call !== "put") return false;
	if (operation.outcome === "ok" && (answer.version ?? 0) <= version) return true;
	return line.base !== undefined && line.base < version;
}

/** Why an operation cannot take effect in this state. */
export function registerRefusal({ version, value }: RegisterState, operation: Operation): string {
	const { line } = operation.invoke;
	const answer = answerOf(operation);
	if (line.call === "read") {
		const [got, stood] = shownApart(answer.value, value);
		return `it read version ${answer.version} with ${got}, and version ${version} with ${stood} stood`;
	}
	const base = line.call === "put" && line.base !== undefined ? ` on version ${line.base}` : "";
	return `it put version ${answer.version}${base}, and version ${version} with ${shown(value)} stood`;
}
