// What may be tried again is told from codes, names and HTTP answers, and no error is too strange to be classed.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	LeaseHeldError,
	OutcomeUnknownError,
	SessionLeaseError,
	TransientError,
} from "../../src/lease/errors.ts";
import { classifyError, type ErrorClass } from "../../src/recipes/error-class.ts";

/** So that an error that says nothing is neither. */
const says = (error: unknown): ErrorClass | "nothing" => {
	const [whenRetryable, whenTerminal] = (["retryable", "terminal"] as const).map((otherwise) =>
		classifyError(error, { otherwise }),
	);
	return whenRetryable === whenTerminal ? (whenRetryable as ErrorClass) : "nothing";
};

const withCode = (code: unknown) => Object.assign(new Error("failed"), { code });
const held = new LeaseHeldError({ sessionId: "s", epoch: 1, holder: "a", retryAfterMs: 1 });

/** A second copy of a class, as a bundle has one beside its external. */
function copyOf(className: string): ErrorConstructor {
	return { [className]: class extends Error {} }[className] as unknown as ErrorConstructor;
}

describe("classifyError", () => {
	it("knows an error by its code, its name and the names of its classes", () => {
		const classes = { terminal: ["invalid_card", "14", "CardError"], otherwise: "retryable" } as const;
		expect(classifyError(withCode("invalid_card"), classes)).toBe("terminal");
		expect(classifyError(withCode(14), classes)).toBe("terminal");
		expect(classifyError(Object.assign(new Error("x"), { name: "CardError" }), classes)).toBe("terminal");
		const CardError = copyOf("CardError");
		class Expired extends CardError {}
		expect(classifyError(new Expired("x"), classes)).toBe("terminal");
		expect(classifyError(withCode("valid_card"), classes)).toBe("retryable");
	});

	it("knows the errors of another copy of a class, which are no instances of it", () => {
		const Ours = copyOf("RejectedError");
		const Theirs = copyOf("RejectedError");
		const error = new Theirs("x");
		expect(error).not.toBeInstanceOf(Ours);
		expect(classifyError(error, { terminal: ["RejectedError"] })).toBe("terminal");
		expect(says(new (copyOf("TransientError"))("x"))).toBe("retryable");
	});

	it("knows an HTTP status that is listed, against what the status says by itself", () => {
		expect(classifyError({ status: 409 })).toBe("terminal");
		expect(classifyError({ status: 409 }, { retryable: ["409"] })).toBe("retryable");
		expect(classifyError({ status: 501 }, { terminal: ["501"] })).toBe("terminal");
	});

	it("lets terminal win at one level, and the outermost level that says something", () => {
		const classes = { terminal: ["bad"], retryable: ["good"] };
		expect(classifyError({ code: "good", name: "bad" }, { ...classes, otherwise: "retryable" })).toBe(
			"terminal",
		);
		const caused = (code: string, cause: unknown) => Object.assign(new Error("x", { cause }), { code });
		expect(classifyError(caused("good", withCode("bad")), classes)).toBe("retryable");
		expect(classifyError(caused("bad", withCode("good")), classes)).toBe("terminal");
		expect(classifyError(caused("silent", caused("silent", withCode("bad"))), classes)).toBe("terminal");
		expect(classifyError(caused("silent", { status: 503 }), { otherwise: "terminal" })).toBe("retryable");
	});

	it("retries what is transient, unless it is listed", () => {
		for (const error of [new TransientError("x"), held, new OutcomeUnknownError("x"), { transient: true }])
			expect(says(error)).toBe("retryable");
		expect(classifyError(held, { terminal: ["lease_held"] })).toBe("terminal");
	});

	it.each([
		"lease_ended",
		"option_invalid",
		"record_exists",
		"record_invalid",
		"record_missing",
		"status_final",
		"store_cannot_list",
		"value_invalid",
	] as const)("takes this library's own %s for terminal, unless it is listed or marked otherwise", (code) => {
		const error = new SessionLeaseError(code, "x");
		expect(says(error)).toBe("terminal");
		expect(says(new Error("wrapped", { cause: error }))).toBe("terminal");
		expect(says(Object.assign(new Error("of another copy"), { code }))).toBe("terminal");
		expect(classifyError(error, { retryable: [code] })).toBe("retryable");
		expect(classifyError(error, { retryable: ["SessionLeaseError"] })).toBe("retryable");
		expect(says(Object.assign(error, { transient: true }))).toBe("retryable");
	});

	it("takes none of this library's other codes for terminal", () => {
		const codes = [
			"transient",
			"lease_held",
			"lease_lost",
			"acquire_exhausted",
			"outcome_unknown",
			"wake_failed",
			"send_failed",
			"store_answer_invalid",
			"store_unavailable",
		] as const;
		for (const code of codes) {
			expect(classifyError(new SessionLeaseError(code, "x"))).toBe("retryable");
		}
	});

	it("retries what AWS throttles, whatever its status is", () => {
		const throttled = (fields: object) => ({ $metadata: { httpStatusCode: 400 }, ...fields });
		expect(says(throttled({ name: "ValidationException" }))).toBe("terminal");
		expect(says(throttled({ name: "ProvisionedThroughputExceededException" }))).toBe("retryable");
		expect(says(throttled({ name: "OfSomeService", $retryable: { throttling: true } }))).toBe("retryable");
	});

	it.each([
		[400, "terminal"],
		[401, "terminal"],
		[403, "terminal"],
		[404, "terminal"],
		[408, "retryable"],
		[409, "terminal"],
		[422, "terminal"],
		[425, "retryable"],
		[429, "retryable"],
		[500, "retryable"],
		[503, "retryable"],
		[599, "retryable"],
		[304, "nothing"],
		[200, "nothing"],
		[600, "nothing"],
		["404", "nothing"],
	])("takes HTTP status %s for %s", (status, expected) => {
		for (const error of [
			{ status },
			{ statusCode: status },
			{ response: { status } },
			{ response: { statusCode: status } },
			{ $metadata: { httpStatusCode: status } },
			new Error("wrapped", { cause: { status } }),
		])
			expect(says(error)).toBe(expected);
	});

	it("retries a 403 only if it names a limit", () => {
		expect(says({ status: 403, headers: { "x-ratelimit-remaining": "12" } })).toBe("terminal");
		expect(says({ status: 403, headers: { "x-ratelimit-remaining": "0" } })).toBe("retryable");
		expect(says({ status: 403, response: { headers: new Headers({ "Retry-After": "9" }) } })).toBe(
			"retryable",
		);
		expect(says({ status: 403, message: "You have exceeded a secondary rate limit." })).toBe("retryable");
		expect(says({ status: 403, message: "Resource not accessible by integration" })).toBe("terminal");
	});

	it("takes an error that says nothing for retryable, unless told otherwise", () => {
		for (const error of [new Error("x"), undefined, null, "terminal", 404, Symbol("x")]) {
			expect(classifyError(error, { terminal: ["terminal"] })).toBe("retryable");
			expect(classifyError(error, { otherwise: "terminal" })).toBe("terminal");
		}
	});

	it("does not throw, nor go on for ever, whatever it is given", () => {
		const circle = new Error("x") as Error & { cause: unknown };
		circle.cause = new Error("y", { cause: circle });
		const revoked = Proxy.revocable({}, {});
		revoked.revoke();
		const refuse = () => {
			throw new Error("not to be read");
		};
		const traps = { get: refuse, getPrototypeOf: refuse, ownKeys: refuse, has: refuse };
		const nameless = Object.create({ constructor: { name: { toString: refuse } } });
		const strange = [circle, revoked.proxy, new Proxy({}, traps), new Proxy(refuse, traps), nameless];
		for (const error of [...strange, { status: 403, headers: new Proxy({}, traps) }]) {
			expect(["retryable", "terminal"]).toContain(classifyError(error, { terminal: ["a"] }));
			expect(classifyError(new Error("wrapped", { cause: error }), { terminal: ["Error"] })).toBe("terminal");
		}
		expect(
			says({
				get name() {
					return refuse();
				},
				code: "a",
				status: 503,
			}),
		).toBe("retryable");
		fc.assert(
			fc.property(fc.anything({ withNullPrototype: true, maxDepth: 4 }), (error) => {
				expect(["retryable", "terminal"]).toContain(classifyError(error));
			}),
		);
	});

	it("looks at no more than eight causes", () => {
		const deep = (levels: number): unknown =>
			levels === 0 ? withCode("deep") : new Error("x", { cause: deep(levels - 1) });
		expect(classifyError(deep(7), { terminal: ["deep"] })).toBe("terminal");
		expect(classifyError(deep(8), { terminal: ["deep"] })).toBe("retryable");
	});
});
