// A client's own calls until they are answered, time out, or their client goes.
import type { TriggerRequest } from "../stores/iii-client.ts";
import type { Activity } from "./activity.ts";
import type { Deadlines } from "./deadlines.ts";
import { EngineError } from "./errors.ts";

export interface OpenCalls {
	/** The answer as the caller hears it: that of `work`, or `TIMEOUT`, after which the work goes on unheard. */
	open(request: TriggerRequest, work: Promise<unknown>): Promise<unknown>;
	/** The client is gone: a crashed one hears nothing any more, a closed one that it is shutting down. */
	abandon(how: "crash" | "disconnect"): void;
}

interface OpenCall {
	/** Others may wait until an enqueued or a void call is under way no more; a plain one only its caller waits for. */
	readonly awaited: boolean;
	readonly reject: (error: Error) => void;
	readonly close: () => boolean;
}

/** iii-sdk's default. */
const TIMEOUT_MS = 30_000;

export function createOpenCalls({
	deadlines,
	activity,
}: {
	readonly deadlines: Deadlines;
	readonly activity: Pick<Activity, "begin">;
}): OpenCalls {
	const calls = new Set<OpenCall>();
	let silent = false;

	return {
		open(request, work) {
			const timeoutMs = request.timeoutMs ?? TIMEOUT_MS;
			const awaited = request.action !== undefined;
			const done = awaited ? activity.begin() : undefined;
			return new Promise((resolve, reject) => {
				const close = () => {
					if (!calls.delete(call)) return false;
					cancelDeadline();
					done?.();
					return !silent;
				};
				const call: OpenCall = { awaited, reject, close };
				calls.add(call);
				const expire = () => {
					const reason = `invocation timed out after ${timeoutMs}ms`;
					if (close()) reject(new EngineError("TIMEOUT", reason, request.function_id));
				};
				// Without an end, the caller keeps the time itself.
				const cancelDeadline =
					timeoutMs === Number.POSITIVE_INFINITY ? () => undefined : deadlines.after(timeoutMs, expire);
				work.then(
					(answer) => {
						if (close()) resolve(answer);
					},
					(error) => {
						if (close()) reject(error);
					},
				);
			});
		},
		abandon(how) {
			silent = how === "crash";
			for (const call of calls) {
				if (how === "disconnect") call.reject(new Error("iii is shutting down"));
				if (!call.awaited) call.close();
			}
		},
	};
}
