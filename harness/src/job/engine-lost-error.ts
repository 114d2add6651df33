// An engine behind a URL that was there while a job ran, and then was not: told to people as one sentence.

/** It gives no answer any more: what became of the job is not known. */
export class EngineLostError extends Error {
	override readonly name = "EngineLostError";
}
