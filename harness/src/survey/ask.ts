// A question to the engine that may go unanswered: an answer, or the code and the message of the error.
import type { IIIClient } from "../stores/iii-client.ts";

export type Asked =
	| { readonly answered: true; readonly answer: unknown }
	| { readonly answered: false; readonly code: string; readonly message: string };

/** So long, and a question is taken to be lost: with the socket, or with the engine that had it. */
const LOST_AFTER_MS = 1_000;

/** A question that may come twice. Never rejects. */
export function ask(
	iii: Pick<IIIClient, "trigger">,
	function_id: string,
	payload: object,
	timeoutMs: number = 5_000,
): Promise<Asked> {
	return askTwice((timeoutMs) => iii.trigger({ function_id, payload, timeoutMs }), timeoutMs);
}

/** Asks again what may be lost, since nobody answers it then; both together take no longer than that. Never rejects. */
export async function askTwice(
	trigger: (timeoutMs: number) => Promise<unknown>,
	timeoutMs: number,
): Promise<Asked> {
	if (timeoutMs <= LOST_AFTER_MS) return askOnce(() => trigger(timeoutMs));
	const asked = await askOnce(() => trigger(LOST_AFTER_MS));
	if (asked.answered || asked.code !== "TIMEOUT") return asked;
	return askOnce(() => trigger(timeoutMs - LOST_AFTER_MS));
}

async function askOnce(trigger: () => Promise<unknown>): Promise<Asked> {
	try {
		return { answered: true, answer: await trigger() };
	} catch (error) {
		return refusalOf(error);
	}
}

/** The code of an error that has none. */
export const NO_CODE = "unknown";

/**
 * What an error of any iii-sdk says. Early ones reject with what came over the wire, which is no `Error`, and their own
 * timeout has no code.
 */
export function refusalOf(error: unknown): Extract<Asked, { answered: false }> {
	const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
	const text = String(message ?? error);
	const codeless = /^Invocation timeout after \d+ms/.test(text) ? "TIMEOUT" : NO_CODE;
	return { answered: false, code: String(code ?? codeless), message: text };
}

/** The field of an answer, `undefined` if there is none. */
export function fieldOf(answer: unknown, name: string): unknown {
	const fields: object = typeof answer === "object" && answer !== null ? answer : {};
	return Object.hasOwn(fields, name) ? (fields as Record<string, unknown>)[name] : undefined;
}
