// Why nothing can run on an engine: told to people.

/** The engine is not there, or has not what is needed: nothing ran. The message says what is missing, and how to get it. */
export class EngineUnfitError extends Error {
	override readonly name = "EngineUnfitError";
}
