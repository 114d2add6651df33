// What an error of iii says about the call that it ended: nothing was done, it was refused, or nobody knows.

/**
 * `absent`: the function is registered nowhere, so nothing was done; it may be there soon.
 * `refused`: the payload was not accepted, nothing was done, and the same again will be refused too.
 * `unknown`: anything else, a timeout and a worker that disconnected in the middle included.
 */
export type CallFailure = "absent" | "refused" | "unknown";

const REFUSALS: readonly string[] = ["deserialization_error", "VALUE_TOO_LARGE"];

/**
 * The engine's own state answers its code as the error's. The standalone `state` worker is a function like any other:
 * its errors arrive as `invocation_failed`, with the code in the message.
 */
export function callFailure(error: unknown): CallFailure {
	const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
	if (code === "function_not_found") return "absent";
	if (REFUSALS.some((refusal) => refusal === code)) return "refused";
	if (code !== "invocation_failed" || typeof message !== "string") return "unknown";
	return REFUSALS.some((refusal) => leads(message, refusal)) ? "refused" : "unknown";
}

/** As the first word that looks like a code: what follows may quote a key or a value of somebody's. */
function leads(message: string, code: string): boolean {
	const first = /\b[A-Za-z]+(?:_[A-Za-z]+)+\b/.exec(message.replace(/^invocation_failed\b\W*/, ""))?.[0];
	return first === code;
}
