// A question to the engine that may go unanswered: an answer, or the code and the message of the error.
import type { IIIClient } from "../stores/iii-client.ts";

export type Asked =
	| { readonly answered: true; readonly answer: unknown }
	| { readonly answered: false; readonly code: string; readonly message: string };

/** Never rejects. */
export async function ask(
	iii: Pick<IIIClient, "trigger">,
	function_id: string,
	payload: object,
	timeoutMs: number = 5_000,
): Promise<Asked> {
	try {
		return { answered: true, answer: await iii.trigger({ function_id, payload, timeoutMs }) };
	} catch (error) {
		return refusalOf(error);
	}
}

export function refusalOf(error: unknown): Extract<Asked, { answered: false }> {
	const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
	return { answered: false, code: String(code ?? "unknown"), message: String(message ?? error) };
}

/** The field of an answer, `undefined` if there is none. */
export function fieldOf(answer: unknown, name: string): unknown {
	const fields: object = typeof answer === "object" && answer !== null ? answer : {};
	return Object.hasOwn(fields, name) ? (fields as Record<string, unknown>)[name] : undefined;
}
