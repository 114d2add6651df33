// A client whose functions are seen from outside: how many are running, and which have failed.
import type { Activity } from "../engine/activity.ts";
import { hasCode } from "../lease/errors.ts";
import type { FunctionHandler, IIIClient } from "../stores/iii-client.ts";
import { fieldOf, NO_CODE, refusalOf } from "../survey/ask.ts";

export interface WatchOptions {
	readonly running: Pick<Activity, "begin">;
	/** Told in one line of what has failed; that a session was held is no failure. */
	readonly say: (line: string) => void;
}

export function watchClient(iii: IIIClient, { running, say }: WatchOptions): IIIClient {
	const watched =
		(id: string, handler: FunctionHandler): FunctionHandler =>
		async (payload) => {
			const end = running.begin();
			try {
				const answer = await handler(payload);
				if (fieldOf(answer, "to_state") === "failed") say(`${sessionOf(payload)} has failed in ${id}`);
				return answer;
			} catch (error) {
				if (!hasCode(error, "lease_held")) say(failureText(id, payload, error));
				throw error;
			} finally {
				end();
			}
		};
	return {
		trigger: (request) => iii.trigger(request),
		registerFunction: (id, handler) => iii.registerFunction(id, watched(id, handler)),
		registerTrigger: (request) => iii.registerTrigger(request),
	};
}

function failureText(id: string, payload: unknown, error: unknown): string {
	const { code, message } = refusalOf(error);
	return `${id} of ${sessionOf(payload)}: ${code === NO_CODE ? "" : `${code}: `}${message}`;
}

function sessionOf(payload: unknown): string {
	const sessionId = fieldOf(payload, "session_id");
	return typeof sessionId === "string" ? `session "${sessionId}"` : "no session";
}
