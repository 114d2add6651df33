// Whether what failed may have happened all the same: its caller stopped listening before it heard, or the answer says
// that somebody in between did.
import { errorLevels, readField } from "./error-levels.ts";
import { httpStatus } from "./retry-after.ts";

/** Codes and names, of Node, undici, axios, the DOM, gRPC, iii-sdk and this library. */
const UNHEARD: readonly unknown[] = [
	"outcome_unknown",
	"lease_lost",
	"AbortError",
	"TimeoutError",
	"ABORT_ERR",
	"TIMEOUT",
	"ETIMEDOUT",
	"ESOCKETTIMEDOUT",
	"ECONNRESET",
	"ECONNABORTED",
	"EPIPE",
	"UND_ERR_SOCKET",
	"UND_ERR_HEADERS_TIMEOUT",
	"UND_ERR_BODY_TIMEOUT",
	"UND_ERR_ABORTED",
	"DEADLINE_EXCEEDED",
	"invocation_stopped",
	"ERR_CANCELED",
	"CanceledError",
	// DEADLINE_EXCEEDED, as grpc-js has it.
	4,
];

/**
 * Whether the error is an unknown outcome: an abort, a timeout, a connection that was cut, or an HTTP answer of 5xx, which
 * may be a proxy's. Of it and its causes, the outermost that says so decides; a connection that was never made says no.
 * Never throws.
 */
export function mayHaveHappened(error: unknown): boolean {
	for (const level of errorLevels(error)) {
		if (readField(level, "syscall") === "connect") return false;
		const said = [readField(level, "code"), readField(level, "name")];
		if ((httpStatus(level) ?? 0) >= 500 || said.some((it) => UNHEARD.includes(it))) return true;
	}
	return false;
}
