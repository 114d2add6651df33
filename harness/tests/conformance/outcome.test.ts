// What the kit takes an error for: only a store that says so has certainly done nothing.
import { expect, it } from "vitest";
import { outcomeOf, refusalOf } from "../../src/conformance/outcome.ts";
import { StoreAnswerError, TransientError } from "../../src/lease/errors.ts";

it("does not take a record that is none of a lease's for a batch that was not applied", async () => {
	const error = new StoreAnswerError("It is a text.", { code: "record_invalid" });
	expect(await outcomeOf(Promise.reject(error))).toEqual({ unknown: "StoreAnswerError: It is a text." });
	expect(await refusalOf(() => Promise.reject(error))).toEqual("record_invalid");
});

it("takes a store at its word that it has done nothing", async () => {
	const error = new TransientError("It is busy.", { code: "store_unavailable" });
	expect(await outcomeOf(Promise.reject(error))).toEqual({ certainlyNot: "store_unavailable" });
});
