// Why an engine cannot be served: told to whoever wanted to, in one sentence.

export type ServeErrorCode =
	/** Somebody else listens on that port. */
	| "port_taken"
	/** What was kept cannot be read, is malformed or another process's: the message names file and line, or process. */
	| "file_unusable";

export class ServeError extends Error {
	override readonly name = "ServeError";
	readonly code: ServeErrorCode;

	constructor(code: ServeErrorCode, message: string, details: { readonly cause?: unknown } = {}) {
		super(message, details);
		this.code = code;
	}
}
