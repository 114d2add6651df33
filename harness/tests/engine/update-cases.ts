// What `state::update` does, case by case: for the in-process engine, and for any real one that claims the same.
// Every case was run on iii 0.21.4 with the kv adapter.

export interface UpdateError {
	readonly op_index: number;
	readonly code: string;
	readonly message: string;
}

export interface UpdateCase {
	/** What the case shows. */
	readonly shows: string;
	/** The value before; `undefined`: the key is missing. */
	readonly before?: unknown;
	readonly ops: unknown;
	/** The value after, which the answer has as `new_value`. */
	readonly after?: unknown;
	/** The ops that failed, without their `doc_url`. @default none, and no such field in the answer */
	readonly errors?: readonly UpdateError[];
	/** The code with which the whole call is rejected: nothing is changed then. */
	readonly rejected?: string;
}

const MALFORMED = "deserialization_error";
const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
const path = (length: number): string[] => Array.from({ length }, (_, index) => `k${index}`);
const failed = (op_index: number, code: string, message: string): readonly UpdateError[] => [
	{ op_index, code, message },
];
const polluted = (segment: string): string =>
	`Path segment '${segment}' is not allowed (prototype pollution).`;

const set = (path: unknown, value: unknown) => ({ type: "set", path, value });
const remove = (path: string) => ({ type: "remove", path });
const increment = (path: string, by: unknown) => ({ type: "increment", path, by });
const decrement = (path: string, by: unknown) => ({ type: "decrement", path, by });
const merge = (path: unknown, value: unknown) => ({ type: "merge", path, value });
const append = (path: unknown, value: unknown) => ({ type: "append", path, value });

const WHOLE: readonly UpdateCase[] = [
	{ shows: "no op creates an empty object", ops: [], after: {} },
	{ shows: "no op leaves a value alone", before: 5, ops: [], after: 5 },
	{
		shows: "ops apply in order",
		ops: [set("n", 1), increment("n", 2), set("m", "x"), remove("n")],
		after: { m: "x" },
	},
	{
		shows: "an op that fails is listed, and those after it apply",
		before: { bad: "text", flags: {} },
		ops: [increment("bad", 1), set("__proto__", true), append("flags", 1), set("ok", true)],
		after: { bad: "text", flags: {}, ok: true },
		errors: [
			{ op_index: 0, code: "increment.not_number", message: "Expected number at path 'bad', got string." },
			{ op_index: 1, code: "set.path.proto_polluted", message: polluted("__proto__") },
			{
				op_index: 2,
				code: "append.type_mismatch",
				message:
					"Cannot append at path 'flags': target is object, expected array, string, null, or missing field.",
			},
		],
	},
	{
		shows: "ops that all fail still create the record",
		ops: [set("constructor", 1)],
		after: {},
		errors: failed(0, "set.path.proto_polluted", polluted("constructor")),
	},
	{
		shows: "after an op that failed, a missing root is still missing",
		ops: [set("prototype", 1), increment("", 4)],
		after: 4,
		errors: failed(0, "set.path.proto_polluted", polluted("prototype")),
	},
	{ shows: "fields that no op has are ignored", ops: [{ ...set("a", 1), extra: 2 }], after: { a: 1 } },
	{ shows: "ops must be given", before: 1, ops: undefined, rejected: MALFORMED },
	{ shows: "ops must be an array", before: 1, ops: {}, rejected: MALFORMED },
	{ shows: "an op must be an object", before: 1, ops: [null], rejected: MALFORMED },
	{ shows: "an op must have a type", before: 1, ops: [{ path: "a", value: 1 }], rejected: MALFORMED },
	{
		shows: "an op of unknown type fails the call",
		before: 1,
		ops: [{ type: "swap", path: "a" }],
		rejected: MALFORMED,
	},
	{
		shows: "one malformed op keeps the others from applying",
		before: { a: 1 },
		ops: [increment("a", 1), { type: "remove" }],
		rejected: MALFORMED,
	},
];

const SET_AND_REMOVE: readonly UpdateCase[] = [
	{ shows: "set on a missing key makes an object", ops: [set("a", 1)], after: { a: 1 } },
	{
		shows: "set replaces a field of any type",
		before: { a: [1], b: 2 },
		ops: [set("a", { x: 1 })],
		after: { a: { x: 1 }, b: 2 },
	},
	{ shows: "set without a value sets null", ops: [{ type: "set", path: "a" }], after: { a: null } },
	{ shows: "set at the root replaces everything", before: { a: 1 }, ops: [set("", 7)], after: 7 },
	{
		shows: "a dot is part of the name",
		before: { a: { b: 1 } },
		ops: [set("a.b", 2)],
		after: { a: { b: 1 }, "a.b": 2 },
	},
	{
		shows: "a name that every object inherits is a field like any other",
		ops: [increment("toString", 1)],
		after: { toString: 1 },
	},
	{
		shows: "set on a field of a number fails",
		before: 5,
		ops: [set("a", 1)],
		after: 5,
		errors: failed(0, "set.target_not_object", "Cannot set at path 'a': target is number, expected object."),
	},
	{
		shows: "set on a field of null fails",
		before: null,
		ops: [set("a", 1)],
		after: null,
		errors: failed(0, "set.target_not_object", "Cannot set at path 'a': target is null, expected object."),
	},
	{
		shows: "set on a field of an array fails",
		before: [],
		ops: [set("0", 1)],
		after: [],
		errors: failed(0, "set.target_not_object", "Cannot set at path '0': target is array, expected object."),
	},
	{ shows: "set takes no array of segments", before: 1, ops: [set(["a"], 1)], rejected: MALFORMED },
	{ shows: "set needs a path", before: 1, ops: [{ type: "set", value: 1 }], rejected: MALFORMED },
	{ shows: "remove drops a field", before: { a: 1, b: 2 }, ops: [remove("a")], after: { b: 2 } },
	{ shows: "remove of a missing field does nothing", before: { b: 2 }, ops: [remove("a")], after: { b: 2 } },
	{ shows: "remove on a missing key makes an object", ops: [remove("a")], after: {} },
	{ shows: "remove of the root leaves null", before: { a: 1 }, ops: [remove("")], after: null },
	{
		shows: "remove of a field of a string fails",
		before: "text",
		ops: [remove("a")],
		after: "text",
		errors: failed(
			0,
			"remove.target_not_object",
			"Cannot remove at path 'a': target is string, expected object.",
		),
	},
];

const COUNTING: readonly UpdateCase[] = [
	{ shows: "increment of a missing key makes a field", ops: [increment("n", 3)], after: { n: 3 } },
	{
		shows: "increment of a missing field becomes by",
		before: { a: 1 },
		ops: [increment("n", 3)],
		after: { a: 1, n: 3 },
	},
	{ shows: "increment adds", before: { n: 2 }, ops: [increment("n", 3)], after: { n: 5 } },
	{
		shows: "increment by a negative number subtracts",
		before: { n: 2 },
		ops: [increment("n", -3)],
		after: { n: -1 },
	},
	{
		shows: "increment by zero of a missing field makes zero",
		before: {},
		ops: [increment("n", 0)],
		after: { n: 0 },
	},
	{
		shows: "increment of a fraction keeps it",
		before: { n: 1.5 },
		ops: [increment("n", 1)],
		after: { n: 2.5 },
	},
	{ shows: "increment at the root of a missing key becomes by", ops: [increment("", 3)], after: 3 },
	{ shows: "increment at the root adds", before: 4, ops: [increment("", 3)], after: 7 },
	{
		shows: "increment at the root of an object fails",
		before: {},
		ops: [increment("", 3)],
		after: {},
		errors: failed(0, "increment.not_number", "Expected number at path 'root', got object."),
	},
	{
		shows: "increment of a field that holds null fails",
		before: { n: null },
		ops: [increment("n", 1)],
		after: { n: null },
		errors: failed(0, "increment.not_number", "Expected number at path 'n', got null."),
	},
	{
		shows: "increment of a field of a boolean fails",
		before: true,
		ops: [increment("n", 1)],
		after: true,
		errors: failed(
			0,
			"increment.target_not_object",
			"Cannot increment at path 'n': target is boolean, expected object.",
		),
	},
	{
		shows: "increment by a fraction fails the call",
		before: { n: 1 },
		ops: [increment("n", 0.5)],
		rejected: MALFORMED,
	},
	{
		shows: "increment by a string fails the call",
		before: { n: 1 },
		ops: [increment("n", "1")],
		rejected: MALFORMED,
	},
	{
		shows: "increment by more than 64 bits fails the call",
		before: { n: 1 },
		ops: [increment("n", 1e19)],
		rejected: MALFORMED,
	},
	{
		shows: "increment needs by",
		before: { n: 1 },
		ops: [{ type: "increment", path: "n" }],
		rejected: MALFORMED,
	},
	{ shows: "decrement of a missing field becomes minus by", ops: [decrement("n", 3)], after: { n: -3 } },
	{ shows: "decrement subtracts", before: { n: 5 }, ops: [decrement("n", 3)], after: { n: 2 } },
	{ shows: "decrement at the root of a missing key becomes minus by", ops: [decrement("", 3)], after: -3 },
	{
		shows: "decrement of a string fails",
		before: { n: "5" },
		ops: [decrement("n", 3)],
		after: { n: "5" },
		errors: failed(0, "decrement.not_number", "Expected number at path 'n', got string."),
	},
	{
		shows: "decrement of a field of null fails",
		before: null,
		ops: [decrement("n", 3)],
		after: null,
		errors: failed(
			0,
			"decrement.target_not_object",
			"Cannot decrement at path 'n': target is null, expected object.",
		),
	},
];

const MERGING: readonly UpdateCase[] = [
	{ shows: "merge on a missing key makes an object", ops: [merge(undefined, { a: 1 })], after: { a: 1 } },
	{
		shows: "merge at the root is shallow",
		before: { a: { x: 1 }, b: 2 },
		ops: [merge(undefined, { a: { y: 1 } })],
		after: { a: { y: 1 }, b: 2 },
	},
	{
		shows: "merge with an empty path is at the root",
		before: { a: 1 },
		ops: [merge("", { b: 2 })],
		after: { a: 1, b: 2 },
	},
	{
		shows: "merge with no segments is at the root",
		before: { a: 1 },
		ops: [merge([], { b: 2 })],
		after: { a: 1, b: 2 },
	},
	{
		shows: "merge with a null path is at the root",
		before: { a: 1 },
		ops: [merge(null, { b: 2 })],
		after: { a: 1, b: 2 },
	},
	{
		shows: "merge at the root of a string is a silent nothing",
		before: "leaf",
		ops: [merge(undefined, { a: 1 })],
		after: "leaf",
	},
	{
		shows: "merge at the root of null is a silent nothing",
		before: null,
		ops: [merge(undefined, { a: 1 })],
		after: null,
	},
	{
		shows: "merge into a field keeps its other fields",
		before: { s: { a: 1 } },
		ops: [merge("s", { b: 2 })],
		after: { s: { a: 1, b: 2 } },
	},
	{
		shows: "merge into a field that is no object replaces it",
		before: { s: [1] },
		ops: [merge("s", { b: 2 })],
		after: { s: { b: 2 } },
	},
	{
		shows: "merge into a field of a string replaces the string",
		before: "leaf",
		ops: [merge("s", { b: 2 })],
		after: { s: { b: 2 } },
	},
	{
		shows: "merge makes what is missing on its way",
		ops: [merge(["a", "b", "c"], { x: 1 })],
		after: { a: { b: { c: { x: 1 } } } },
	},
	{
		shows: "merge replaces what is no object on its way",
		before: { a: { b: "text", d: 1 } },
		ops: [merge(["a", "b", "c"], { x: 1 })],
		after: { a: { b: { c: { x: 1 } }, d: 1 } },
	},
	{ shows: "a segment with a dot is one name", ops: [merge(["a.b"], { x: 1 })], after: { "a.b": { x: 1 } } },
	{ shows: "merge needs a value", before: 1, ops: [{ type: "merge", path: "a" }], rejected: MALFORMED },
	{ shows: "merge takes no number for a path", before: 1, ops: [merge(5, {})], rejected: MALFORMED },
	{ shows: "merge takes no numbers for segments", before: 1, ops: [merge([5], {})], rejected: MALFORMED },
	{
		shows: "merge of something else than an object fails",
		before: { a: 1 },
		ops: [merge("a", [1])],
		after: { a: 1 },
		errors: failed(0, "merge.value.not_an_object", "Merge value must be a JSON object"),
	},
	{
		shows: "merge of a polluting key fails",
		before: { a: 1 },
		ops: [merge(undefined, { constructor: 1 })],
		after: { a: 1 },
		errors: failed(
			0,
			"merge.value.proto_polluted",
			'Merge value top-level key "constructor" is a prototype-pollution sink',
		),
	},
	{ shows: "merge of a value 16 deep works", ops: [merge(undefined, nested(16))], after: nested(16) },
	{
		shows: "merge of a value 17 deep fails",
		ops: [merge(undefined, nested(17))],
		after: {},
		errors: failed(0, "merge.value.too_deep", "Merge value JSON nesting depth 17 exceeds maximum of 16"),
	},
	{
		shows: "merge of more than 1024 keys fails",
		ops: [merge(undefined, Object.fromEntries(path(1025).map((key) => [key, 1])))],
		after: {},
		errors: failed(
			0,
			"merge.value.too_many_keys",
			"Merge value has 1025 top-level keys, exceeds maximum of 1024",
		),
	},
];

const APPENDING: readonly UpdateCase[] = [
	{ shows: "append to a missing field makes an array", ops: [append("a", 1)], after: { a: [1] } },
	{
		shows: "append of a string to a missing field stays a string",
		ops: [append("a", "x")],
		after: { a: "x" },
	},
	{
		shows: "append to an array pushes",
		before: { a: [1] },
		ops: [append("a", [2, 3])],
		after: { a: [1, [2, 3]] },
	},
	{
		shows: "append to a string concatenates",
		before: { a: "x" },
		ops: [append("a", "y")],
		after: { a: "xy" },
	},
	{
		shows: "append to null begins anew",
		before: { a: null, b: null },
		ops: [append("a", "x"), append("b", {})],
		after: { a: "x", b: [{}] },
	},
	{ shows: "append at the root of a missing key makes an array", ops: [append(undefined, 1)], after: [1] },
	{ shows: "append at the root pushes", before: [1], ops: [append("", 2)], after: [1, 2] },
	{
		shows: "append at the root of null begins anew",
		before: null,
		ops: [append(undefined, "x")],
		after: "x",
	},
	{
		shows: "append below the first level makes an array even of a string",
		ops: [append(["a", "b"], "x")],
		after: { a: { b: ["x"] } },
	},
	{
		shows: "append below the first level to null keeps a string",
		before: { a: { b: null } },
		ops: [append(["a", "b"], "x")],
		after: { a: { b: "x" } },
	},
	{
		shows: "append replaces what is no object on its way",
		before: { a: 5 },
		ops: [append(["a", "b"], 1)],
		after: { a: { b: [1] } },
	},
	{
		shows: "append of a number to a string fails",
		before: { a: "x" },
		ops: [append("a", 1)],
		after: { a: "x" },
		errors: failed(0, "append.type_mismatch", "Expected string append value at path 'a', got number."),
	},
	{
		shows: "append to a number at the root fails",
		before: 5,
		ops: [append(undefined, 1)],
		after: 5,
		errors: failed(
			0,
			"append.type_mismatch",
			"Cannot append at path 'root': target is number, expected array, string, null, or missing field.",
		),
	},
	{
		shows: "append to an object at the root fails",
		before: {},
		ops: [append(undefined, 1)],
		after: {},
		errors: failed(
			0,
			"append.type_mismatch",
			"Cannot append at path 'root': target is object, expected array, string, null, or missing field.",
		),
	},
	{
		shows: "append below the first level to a boolean names the last segment",
		before: { a: { b: true } },
		ops: [append(["a", "b"], 1)],
		after: { a: { b: true } },
		errors: failed(
			0,
			"append.type_mismatch",
			"Cannot append at path 'b': target is boolean, expected array, string, null, or missing field.",
		),
	},
	{
		shows: "append to a field of a string fails",
		before: "leaf",
		ops: [append(["a", "b"], 1)],
		after: "leaf",
		errors: failed(
			0,
			"append.target_not_object",
			"Cannot append at path '[a, b]': target is string, expected object.",
		),
	},
	{ shows: "append needs a value", before: 1, ops: [{ type: "append", path: "a" }], rejected: MALFORMED },
];

const PATHS: readonly UpdateCase[] = [
	{ shows: "a segment of 256 bytes works", ops: [set("é".repeat(128), 1)], after: { ["é".repeat(128)]: 1 } },
	{
		shows: "a segment of 257 bytes fails",
		ops: [set(`${"é".repeat(128)}x`, 1)],
		after: {},
		errors: failed(0, "set.path.segment_too_long", "Path segment of 257 bytes exceeds maximum of 256"),
	},
	{
		shows: "an empty segment fails",
		ops: [append(["a", ""], 1)],
		after: {},
		errors: failed(0, "append.path.empty_segment", "Path contains an empty segment"),
	},
	{
		shows: "a path of 33 segments fails",
		ops: [merge(path(33), {})],
		after: {},
		errors: failed(0, "merge.path.too_deep", "Path depth 33 exceeds maximum of 32"),
	},
	{
		shows: "a polluting segment fails wherever it is",
		ops: [merge(["a", "__proto__"], {})],
		after: {},
		errors: failed(0, "merge.path.proto_polluted", polluted("__proto__")),
	},
	{
		shows: "every type of op names itself in the code of a bad path",
		ops: [remove("__proto__"), increment("__proto__", 1), decrement("__proto__", 1), append("__proto__", 1)],
		after: {},
		errors: ["remove", "increment", "decrement", "append"].map((type, op_index) => ({
			op_index,
			code: `${type}.path.proto_polluted`,
			message: polluted("__proto__"),
		})),
	},
];

export const updateCases: readonly UpdateCase[] = [
	...WHOLE,
	...SET_AND_REMOVE,
	...COUNTING,
	...MERGING,
	...APPENDING,
	...PATHS,
];
