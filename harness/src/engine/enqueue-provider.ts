// Where messages go from iii 0.21.5 on: to the function of a worker, which keeps and delivers them.
import { EngineError, messageOf } from "./errors.ts";
import type { Json } from "./json.ts";

/** @throws EngineError (`enqueue_error`) if the message was not taken. */
export type Enqueue = (
	queue: string,
	functionId: string,
	payload: Json,
) => { readonly messageReceiptId: string } | Promise<{ readonly messageReceiptId: string }>;

/** What the standalone queue worker registers. */
const PROVIDER_ID = "engine::queue::enqueue";

export function createProvidedEnqueue({
	call,
	newId,
}: {
	readonly call: (functionId: string, payload: Json) => Promise<unknown>;
	readonly newId: () => string;
}): Enqueue {
	return async (queue, functionId, data) => {
		const messageReceiptId = newId();
		try {
			await call(PROVIDER_ID, {
				queue,
				function_id: functionId,
				data,
				messageReceiptId,
				traceparent: null,
				baggage: `iii.function.id=${functionId}`,
			});
		} catch (error) {
			throw new EngineError("enqueue_error", reasonOf(error), functionId);
		}
		return { messageReceiptId };
	};
}

/** In iii's words. */
function reasonOf(error: unknown): string {
	const reason = messageOf(error);
	if (!(error instanceof EngineError) || error.code !== "function_not_found") return reason;
	const underlying = reason.slice("function_not_found: ".length).replace(/\.$/, "");
	return (
		`No queue provider is installed. \`TriggerAction::Enqueue\` routes through the \`${PROVIDER_ID}\` provider, which ` +
		"the standalone queue worker registers. Add it with `iii worker add queue`. " +
		`(underlying: ${underlying})`
	);
}
