// What failed for sure is told from what may have happened all the same: from codes, names and HTTP answers.
import { describe, expect, it } from "vitest";
import { LeaseHeldError, LeaseLostError, OutcomeUnknownError, TransientError } from "../../src/index.ts";
import { mayHaveHappened } from "../../src/recipes/may-have-happened.ts";

const failed = (fields: object, cause?: unknown) => Object.assign(new Error("failed", { cause }), fields);

const UNHEARD = [
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
];

describe("what may have happened all the same", () => {
	it.each(UNHEARD)("is told by %s, as a code or a name, also of a cause", (said) => {
		for (const error of [failed({ code: said }), failed({ name: said }), { code: said }]) {
			expect(mayHaveHappened(error)).toBe(true);
			expect(mayHaveHappened(failed({ code: "of_a_wrapper" }, failed({}, error)))).toBe(true);
		}
		expect(mayHaveHappened(new Error(said)), "a message says nothing").toBe(false);
	});

	const lost = { sessionId: "s", epoch: 1, lastWrite: "unknown", why: "x" } as const;
	it.each([
		["this library's own", new OutcomeUnknownError("x")],
		["a lost lease", new LeaseLostError(lost)],
		["an abort", AbortSignal.abort().reason],
		["a deadline of grpc-js", failed({ code: 4 })],
		[
			"one that says so of a connection that was refused when it was asked again",
			new OutcomeUnknownError("x", { cause: failed({ code: "ECONNREFUSED", syscall: "connect" }) }),
		],
		["a timeout of the DOM", new DOMException("x", "TimeoutError")],
		[
			"a connection that fetch has seen cut",
			new TypeError("fetch failed", {
				cause: failed({ name: "SocketError", code: "UND_ERR_SOCKET", message: "other side closed" }),
			}),
		],
		["a timeout of axios", failed({ name: "AxiosError", code: "ECONNABORTED", request: {} })],
		["a socket that was reset while it was read", failed({ code: "ECONNRESET", syscall: "read" })],
	])("is %s", (_, error) => {
		expect(mayHaveHappened(error)).toBe(true);
	});

	it.each([500, 502, 503, 504])("is an answer of %i, which may be a proxy's", (status) => {
		for (const error of [{ status }, { response: { status } }, { $metadata: { httpStatusCode: status } }]) {
			expect(mayHaveHappened(error)).toBe(true);
			expect(mayHaveHappened(failed({}, error))).toBe(true);
		}
	});
});

describe("what has not happened", () => {
	it.each([200, 400, 401, 403, 404, 409, 422, 429, 499])("is an answer of %i", (status) => {
		for (const error of [{ status }, { response: { status } }, failed({}, { statusCode: status })]) {
			expect(mayHaveHappened(error)).toBe(false);
		}
	});

	const held = { sessionId: "s", epoch: 1, holder: "a", retryAfterMs: 1 };
	it.each([
		["a plain error", new Error("no")],
		["a transient error", new TransientError("x")],
		["a lease that somebody else holds", new LeaseHeldError(held)],
		["a refused connection", failed({ code: "ECONNREFUSED", syscall: "connect" })],
		["a timeout of the connect", failed({ code: "ETIMEDOUT", syscall: "connect" })],
		["a reset of the connect", failed({ code: "ECONNRESET", syscall: "connect" })],
		["an unknown name", failed({ code: "ENOTFOUND", syscall: "getaddrinfo" })],
		[
			"what fetch says of a connection that was never made",
			new TypeError("fetch failed", { cause: failed({ code: "ETIMEDOUT", syscall: "connect" }) }),
		],
		["a timeout of undici's connect", failed({}, failed({ code: "UND_ERR_CONNECT_TIMEOUT" }))],
		["a text", "outcome_unknown"],
		["nothing", undefined],
	])("is %s", (_, error) => {
		expect(mayHaveHappened(error)).toBe(false);
	});

	it("is what cannot be read, which does not throw", () => {
		const refuse = () => {
			throw new Error("not to be read");
		};
		const circle = failed({}) as Error & { cause: unknown };
		circle.cause = circle;
		for (const error of [new Proxy({}, { get: refuse }), circle, null, Symbol("x"), 500]) {
			expect(mayHaveHappened(error)).toBe(false);
		}
	});
});
