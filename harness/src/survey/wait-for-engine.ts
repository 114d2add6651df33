// Whether somebody listens at a URL: an engine that is starting is waited for.
import type { LeasePorts } from "../lease/options.ts";
import { EngineUnfitError } from "./engine-unfit-error.ts";
import { openSocket } from "./open-socket.ts";

const AGAIN_MS = 250;
const SOCKET_MS_MAX = 3_000;

/** @throws EngineUnfitError if no socket opens there in time. */
export async function waitForEngine(
	url: string,
	{ patienceMs }: { readonly patienceMs: number },
	{ clock, retry }: Pick<LeasePorts, "clock" | "retry">,
): Promise<void> {
	const deadlineMs = clock.monotonicMs() + patienceMs;
	try {
		await retry(() => openSocket(url, Math.min(SOCKET_MS_MAX, patienceMs)), {
			delayMs: () => (clock.monotonicMs() + AGAIN_MS < deadlineMs ? AGAIN_MS : undefined),
		});
	} catch (cause) {
		const { message, code = "" } = cause as { readonly message: string; readonly code?: string };
		throw new EngineUnfitError(
			`No iii engine answers at ${withoutSecrets(url)} (${message || code}); it was waited for ${patienceMs} ms.`,
			{ cause },
		);
	}
}

/** The URL as people are told it: without a password, a query, a fragment. */
export function withoutSecrets(url: string): string {
	const { protocol, host, pathname } = new URL(url);
	return `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
}
