// The wake port: how a session is told to come again.
import { TransientError } from "./errors.ts";

/** Wakes the session, by a message on the queue, so that it survives a crash. Resolves when the queue has it. */
export type Wake = (sessionId: string) => Promise<void>;

/** @throws TransientError (`wake_failed`): the work before it stands; deliver again, and the wake will be sent. */
export async function sendWake(wake: Wake, sessionId: string): Promise<void> {
	try {
		await wake(sessionId);
	} catch (cause) {
		throw new TransientError(
			`Session "${sessionId}" was released and its work stands, but the wake that it owes was not sent. ` +
				"Deliver the message again.",
			{ code: "wake_failed", cause },
		);
	}
}
