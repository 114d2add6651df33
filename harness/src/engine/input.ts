// How the engine's own functions read their payload, or refuse it as a whole.
import { EngineError } from "./errors.ts";
import { isObject, type Json, typeName } from "./json.ts";

/** A payload whose fields are read by name; what is missing or of the wrong type fails the call. */
export interface Input {
	/** A string that must be there. */
	text(name: string): string;
	/** Any value that must be there; null counts. */
	value(name: string): Json;
	/** Any value, or `undefined`. */
	optional(name: string): Json | undefined;
	/** An error for this call: `deserialization_error`. */
	refuse(reason: string): EngineError;
}

/** One of the engine's own functions: synchronous, so that nothing comes between its reads and its writes. */
export type Builtin = (input: Input) => unknown;

/**
 * Reads the payload of a call of `functionId`. Unknown fields are ignored, as iii does.
 * @throws EngineError (`deserialization_error`) if it is no object.
 */
export function readInput(functionId: string, payload: Json): Input {
	const refuse = (reason: string) =>
		new EngineError(
			"deserialization_error",
			`Failed to deserialize input for ${functionId}: ${reason}`,
			functionId,
		);
	if (!isObject(payload)) throw refuse(`invalid type: ${typeName(payload)}, expected an object`);
	const optional = (name: string) => (Object.hasOwn(payload, name) ? payload[name] : undefined);
	const value = (name: string) => {
		const found = optional(name);
		if (found === undefined) throw refuse(`missing field \`${name}\``);
		return found;
	};
	return {
		refuse,
		optional,
		value,
		text(name) {
			const found = value(name);
			if (typeof found !== "string") throw refuse(`invalid type: ${typeName(found)}, expected a string`);
			return found;
		},
	};
}
