// What somebody typed or wrote in a file cannot be used: shown to them as one sentence, without a stack trace.

export class InputError extends Error {
	override readonly name = "InputError";
}

/** The sentence in an error, whatever was thrown. */
export function sentenceOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
