// The part of an iii client that this library uses: iii-sdk's `IIIClient` (`ISdk` to 0.19) fits, the in-process
// engine's client fits, and so does whatever else has these three methods.

export interface TriggerRequest {
	readonly function_id: string;
	readonly payload: unknown;
	/** Absent: call the function and answer its result. */
	readonly action?: { readonly type: "void" } | { readonly type: "enqueue"; readonly queue: string };
	/** Milliseconds until the client gives up on the answer; the call may still run. */
	readonly timeoutMs?: number;
}

export interface RegisterTriggerRequest {
	readonly type: string;
	readonly function_id: string;
	readonly config: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: a handler's payload is typed by whoever registers it, as in iii-sdk
export type FunctionHandler = (payload: any) => Promise<unknown>;

export interface IIIClient {
	// biome-ignore lint/suspicious/noExplicitAny: an answer is checked where it is used; iii-sdk's own type is generic
	trigger(request: TriggerRequest): Promise<any>;
	registerFunction(id: string, handler: FunctionHandler): { unregister(): void };
	registerTrigger(request: RegisterTriggerRequest): { unregister(): void };
}
