// Connections to an engine that is there: one that is starting is waited for.
import type { LeasePorts } from "../lease/options.ts";
import { type Connect, createConnector } from "../stores/connect-iii.ts";
import { openSocket } from "../stores/open-socket.ts";
import { shownUrl } from "../stores/opening.ts";
import { EngineUnfitError } from "./engine-unfit-error.ts";

const AGAIN_MS = 250;
const SOCKET_MS_MAX = 3_000;

/** @throws EngineUnfitError if no socket opens there in time, the URL is none, or iii-sdk is not installed. */
export async function connectorTo(
	url: string,
	{ patienceMs }: { readonly patienceMs: number },
	{ clock, retry }: Pick<LeasePorts, "clock" | "retry">,
): Promise<Connect> {
	const connect = await createConnector(url).catch((cause: Error) => {
		throw new EngineUnfitError(cause.message, { cause });
	});
	const deadlineMs = clock.monotonicMs() + patienceMs;
	try {
		await retry(() => openSocket(url, Math.min(SOCKET_MS_MAX, patienceMs)), {
			delayMs: () => (clock.monotonicMs() + AGAIN_MS < deadlineMs ? AGAIN_MS : undefined),
		});
	} catch (cause) {
		const { message, code = "" } = cause as { readonly message: string; readonly code?: string };
		throw new EngineUnfitError(
			`No iii engine answers at ${shownUrl(url)} (${message || code}); it was waited for ${patienceMs} ms.`,
			{ cause },
		);
	}
	return connect;
}
