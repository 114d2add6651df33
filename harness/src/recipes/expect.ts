// What callers of the recipes give, checked before anything is asked of the store.
import { SessionLeaseError } from "../lease/errors.ts";

/** @throws SessionLeaseError (`option_invalid`) unless it is a text that is not empty. */
export function expectText(name: string, value: unknown): string {
	if (typeof value === "string" && value !== "") return value;
	throw invalid(name, "a text that is not empty", value);
}

/** @throws SessionLeaseError (`option_invalid`) unless it is an integer of at least `min`. */
export function expectInteger(name: string, value: unknown, min: number): number {
	if (Number.isSafeInteger(value) && (value as number) >= min) return value as number;
	throw invalid(name, `an integer, ${min} or more`, value);
}

export function invalid(name: string, expected: string, got: unknown): SessionLeaseError {
	return unexpected(`\`${name}\` to be ${expected}`, got);
}

export function unexpected(expected: string, got: unknown): SessionLeaseError {
	const shown = typeof got === "string" ? JSON.stringify(got) : String(got);
	return new SessionLeaseError("option_invalid", `Expected ${expected}, got \`${shown}\`.`);
}
