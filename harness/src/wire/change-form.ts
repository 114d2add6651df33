// Whether a line of a file is a change, before an engine starts with it.

/** What is wrong with it, `undefined` if nothing is. */
export type ChangeIssue = string | undefined;

/** The fields of each change, beside `change`. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, "string" | "number" | "any">>>> = {
	set: { scope: "string", key: "string", value: "any" },
	delete: { scope: "string", key: "string" },
	enqueue: { queue: "string", id: "string", function_id: "string", payload: "any" },
	finish: { queue: "string", id: "string" },
	bury: { queue: "string", id: "string", error: "string", failed_at: "number" },
	redrive: { queue: "string" },
};

/** Unknown fields are an issue: they were written by something that knows more. */
export function changeIssue(line: unknown): ChangeIssue {
	if (typeof line !== "object" || line === null) return "Expected a JSON object.";
	const { change, ...fields } = line as Record<string, unknown>;
	const expected = typeof change === "string" && Object.hasOwn(FIELDS, change) ? FIELDS[change] : undefined;
	if (!expected) return `Expected \`change\` to be one of ${Object.keys(FIELDS).join(", ")}.`;
	for (const [name, type] of Object.entries(expected)) {
		if (!Object.hasOwn(fields, name)) return `Expected a field \`${name}\`.`;
		if (type !== "any" && typeof fields[name] !== type) return `Expected \`${name}\` to be a ${type}.`;
	}
	const unknown = Object.keys(fields).find((name) => !Object.hasOwn(expected, name));
	return unknown === undefined ? undefined : `Expected no field \`${unknown}\`.`;
}
