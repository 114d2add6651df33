// Values as text that tells them apart: JSON, and what JSON leaves out.

/** Equal for equal values only: maps, sets, errors, big integers and `undefined` are told apart too. Total. */
export function tellingText(value: unknown): string {
	// No JSON is this text: the string has quotes.
	if (value === undefined) return "undefined";
	try {
		return JSON.stringify(value, told) ?? String(value);
	} catch (error) {
		return `cannot be told: ${error}`;
	}
}

function told(_key: string, value: unknown): unknown {
	if (value === undefined) return "\u0000undefined";
	if (typeof value === "bigint") return `\u0000${value}n`;
	if (typeof value === "number" && !Number.isFinite(value)) return `\u0000${value}`;
	if (value instanceof Map) return { "\u0000map": [...value] };
	if (value instanceof Set) return { "\u0000set": [...value] };
	if (value instanceof Error) return { ...value, "\u0000error": value.name, message: value.message };
	return value;
}
