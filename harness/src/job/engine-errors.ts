// Why a job cannot run on the engine behind a URL, or could not be finished there: told to people as one sentence.

/** The engine is not there, or has not what a job needs: nothing ran. */
export class EngineUnfitError extends Error {
	override readonly name = "EngineUnfitError";
}

/** The engine was there, and gives no answer any more: what became of the job is not known. */
export class EngineLostError extends Error {
	override readonly name = "EngineLostError";
}
