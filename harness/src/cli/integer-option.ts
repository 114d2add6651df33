// An option that is a whole number within bounds.
import { InputError } from "./input-error.ts";

export interface Bounds<F> {
	/** What it is if it was not given. */
	readonly fallback: F;
	readonly min: number;
	readonly max: number;
}

/** @throws InputError that names the option. */
export function integerOption<F extends number | undefined>(
	option: string,
	text: string | undefined,
	{ fallback, min, max }: Bounds<F>,
): number | F {
	if (text === undefined) return fallback;
	const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
	if (value >= min && value <= max) return value;
	throw new InputError(`Expected --${option} to be an integer from ${min} to ${max}, got "${text}".`);
}
