// Whole numbers as iii counts them: exactly, within 64 bits, where this language's numbers are exact to 2^53.

/** The bounds of what can be added: a signed integer of 64 bits. */
export const INTEGER_MIN: bigint = -(2n ** 63n);
export const INTEGER_MAX: bigint = 2n ** 63n - 1n;
const UNSIGNED_MAX = 2n ** 64n - 1n;

/** The integer that iii reads where this number is sent as JSON; `undefined`: it reads a fraction, or a rounded one. */
export function integerOf(number: number): bigint | undefined {
	if (!Number.isInteger(number)) return undefined;
	// Beyond 2^53 the text has fewer digits than the number.
	const text = JSON.stringify(number);
	if (text.includes("e")) return undefined;
	const integer = BigInt(text);
	return integer >= INTEGER_MIN && integer <= UNSIGNED_MAX ? integer : undefined;
}

/**
 * The sum, counted as iii's kv adapter counts; `undefined`: both are integers and 64 bits do not hold their sum.
 * What is stored is this language's nearest number: after a sum beyond 2^53, iii knows more digits.
 */
export function exactSum(number: number, by: number): number | undefined {
	if (Number.isSafeInteger(number) && Number.isSafeInteger(number + by)) return number + by;
	const [integer, added] = [integerOf(number), integerOf(by)];
	if (integer === undefined || added === undefined) return number + by;
	const sum = integer + added;
	return sum >= INTEGER_MIN && sum <= UNSIGNED_MAX ? Number(sum) : undefined;
}
