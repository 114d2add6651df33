// What the engine has asked a worker to do, until the worker answers. If it goes, the engine tells whoever waits.
import { type ErrorBody, HandlerFailure } from "../engine/errors.ts";
import type { Json } from "../engine/json.ts";

export interface Invocations {
	/** Sends the call. Rejects with a `HandlerFailure`; never settles if the worker goes. */
	invoke(functionId: string, data: Json): Promise<Json | undefined>;
	/** An answer; one to nothing that was asked is passed over. */
	finish(invocationId: string, answer: InvocationAnswer): void;
}

export interface InvocationAnswer {
	readonly result: Json | undefined;
	readonly error: ErrorBody | undefined;
}

interface OpenInvocation {
	readonly resolve: (result: Json | undefined) => void;
	readonly reject: (failure: HandlerFailure) => void;
}

export function createInvocations(send: (frame: object) => void, newId: () => string): Invocations {
	const open = new Map<string, OpenInvocation>();
	return {
		invoke(functionId, data) {
			return new Promise((resolve, reject) => {
				const invocation_id = newId();
				// First, so that one which cannot be sent is not left open: it fails for its caller.
				send({ type: "invokefunction", invocation_id, function_id: functionId, data });
				open.set(invocation_id, { resolve, reject });
			});
		},
		finish(invocationId, { result, error }) {
			const invocation = open.get(invocationId);
			open.delete(invocationId);
			if (error) invocation?.reject(new HandlerFailure(error));
			else invocation?.resolve(result);
		},
	};
}
