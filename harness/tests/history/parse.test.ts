import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { schemaPath } from "../../src/cli/read-json.ts";
import { HISTORY_HEADER, HistoryFormatError, mergeHistories, parseHistory } from "../../src/history/index.ts";
import { headerIssue, lineIssue } from "../../src/history/line-form.ts";

const head = { op: 1, process: "a", time: 5 };
const invoke = { ...head, type: "invoke", key: "s" };

const GOOD: readonly [string, object][] = [
	["an acquire", { ...invoke, call: "acquire" }],
	["a write", { ...invoke, call: "write", epoch: 1, value: "" }],
	["a release with a value", { ...invoke, call: "release", epoch: 1, value: "{}" }],
	["a release without", { ...invoke, call: "release", epoch: 9_007_199_254_740_991 }],
	["an abandon", { ...invoke, call: "abandon", epoch: 1 }],
	["a renew", { ...invoke, call: "renew", epoch: 1 }],
	["a forget of a holder", { ...invoke, call: "forget", epoch: 1 }],
	["a forget from outside", { ...invoke, call: "forget" }],
	["a read", { ...invoke, call: "read" }],
	["a put", { ...invoke, call: "put", value: "x" }],
	["a put on a version", { ...invoke, call: "put", value: "x", base: 0 }],
	["an effect", { ...invoke, call: "effect" }],
	["an effect without a lease", { ...invoke, call: "effect", epoch: 0, repeatable: true }],
	["an op of text, a time below 0", { ...invoke, op: "a/1", time: -5, call: "acquire" }],
	["ok", { ...head, type: "ok" }],
	["ok, with an answer", { ...head, type: "ok", epoch: 1, value: "x", version: 0 }],
	["fail", { ...head, type: "fail" }],
	["fail, with a code", { ...head, type: "fail", code: "lease_held", void: false }],
	["unknown", { ...head, type: "unknown", code: "outcome_unknown" }],
];

const { process: _process, ...withoutProcess } = { ...invoke, call: "acquire" };
const { key: _key, ...withoutKey } = { ...invoke, call: "acquire" };
const { epoch: _epoch, ...withoutEpoch } = { ...invoke, call: "write", epoch: 1, value: "x" };

const BAD: readonly [string, unknown, string][] = [
	["a list", [], "Expected an object."],
	["null", null, "Expected an object."],
	["a text", "ok", "Expected an object."],
	["no type", head, "Expected `type` to be one of invoke, ok, fail, unknown, got nothing."],
	["another type", { ...head, type: "info" }, "Expected `type`"],
	["a type that objects have", { ...head, type: "constructor" }, "Expected `type`"],
	["no call", invoke, "Expected `call` to be one of acquire, write"],
	["another call", { ...invoke, call: "lock" }, "Expected `call`"],
	["a call that objects have", { ...invoke, call: "toString" }, "Expected `call`"],
	["no process", withoutProcess, "Expected `process` to be a text that is not empty, got nothing."],
	["an empty process", { ...invoke, call: "acquire", process: "" }, "Expected `process`"],
	["no key", withoutKey, "Expected `key`"],
	["an op that is no name", { ...invoke, call: "acquire", op: null }, "Expected `op`"],
	["an empty op", { ...invoke, call: "acquire", op: "" }, "Expected `op`"],
	["half an op", { ...invoke, call: "acquire", op: 1.5 }, "Expected `op`"],
	["a time of text", { ...invoke, call: "acquire", time: "5" }, 'Expected `time` to be an integer, got "5".'],
	["a time between integers", { ...head, type: "ok", time: 5.5 }, "Expected `time`"],
	["a time too large to be counted", { ...head, type: "ok", time: 2 ** 53 }, "Expected `time`"],
	["a write without an epoch", withoutEpoch, "Expected `epoch` to be an integer, 1 or more, got nothing."],
	["a write of epoch 0", { ...invoke, call: "write", epoch: 0, value: "x" }, "Expected `epoch`"],
	["a write without a value", { ...invoke, call: "write", epoch: 1 }, "Expected `value`"],
	[
		"a value that is no text",
		{ ...invoke, call: "write", epoch: 1, value: {} },
		"Expected `value` to be a text, got {}.",
	],
	["a base below 0", { ...invoke, call: "put", value: "x", base: -1 }, "Expected `base`"],
	["`repeatable` of text", { ...invoke, call: "effect", repeatable: "yes" }, "Expected `repeatable`"],
	[
		"an acquire with an epoch",
		{ ...invoke, call: "acquire", epoch: 1 },
		'The field "epoch" is not known here.',
	],
	[
		"a field that is not known",
		{ ...invoke, call: "effect", repeatible: true },
		'The field "repeatible" is not known here.',
	],
	["an answer of epoch 0", { ...head, type: "ok", epoch: 0 }, "Expected `epoch`"],
	["an answer with a code", { ...head, type: "ok", code: "x" }, 'The field "code"'],
	["an empty code", { ...head, type: "fail", code: "" }, "Expected `code`"],
	["`void` of an unknown", { ...head, type: "unknown", void: true }, 'The field "void"'],
	["a completion with a key", { ...head, type: "ok", key: "s" }, 'The field "key"'],
];

const schema = JSON.parse(await readFile(schemaPath("history"), "utf8"));
const fitsSchema = new Ajv2020().compile(schema);

describe("the form of a line", () => {
	it("is described by a JSON schema of draft 2020-12", () => {
		expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
		expect(new Ajv2020().validateSchema(schema)).toBe(true);
	});

	it.each(GOOD)("fits, by the schema and by the parser: %s", (_, line) => {
		expect(lineIssue(line)).toBeUndefined();
		expect(fitsSchema(line)).toBe(true);
	});

	it.each(BAD)("does not fit, by the schema and by the parser: %s", (_, line, issue) => {
		expect(lineIssue(line)).toContain(issue);
		expect(fitsSchema(line)).toBe(false);
	});

	it.each([
		["the header", HISTORY_HEADER, undefined],
		["a later version", { ...HISTORY_HEADER, version: 2 }, "Expected version 1 of the form, got 2."],
		["no version", { format: HISTORY_HEADER.format }, "Expected version 1 of the form, got undefined."],
		["another format", { ...HISTORY_HEADER, format: "jepsen" }, "Expected the header"],
		["a field more", { ...HISTORY_HEADER, by: "me" }, 'The field "by"'],
	])("is that of a header, by the schema and by the parser: %s", (_, line, issue) => {
		if (issue === undefined) expect(headerIssue(line)).toBeUndefined();
		else expect(headerIssue(line)).toContain(issue);
		expect(fitsSchema(line)).toBe(issue === undefined);
	});
});

const acquire = (op: number | string, change: object = {}) => ({ ...invoke, op, call: "acquire", ...change });
const ok = (op: number | string, change: object = {}) => ({ ...head, op, type: "ok", epoch: 1, ...change });
const textOf = (...lines: readonly (object | string)[]) =>
	[HISTORY_HEADER, ...lines]
		.map((line) => (typeof line === "string" ? line : JSON.stringify(line)))
		.join("\n");

describe("a history", () => {
	it.each<[string, string, number, string]>([
		["is empty", "", 1, "Expected the header"],
		["has no header", JSON.stringify(acquire(1)), 1, "Expected the header"],
		[
			"has its header last",
			`${JSON.stringify(acquire(1))}\n${JSON.stringify(HISTORY_HEADER)}`,
			1,
			"Expected the header",
		],
		["is of a later version", JSON.stringify({ ...HISTORY_HEADER, version: 2 }), 1, "version 1"],
		["has a second header", textOf(acquire(1), HISTORY_HEADER), 3, "Expected `type`"],
		["has a line that is not JSON", textOf(acquire(1), "", "{"), 4, "This is not JSON"],
		[
			"has a line that was torn off",
			textOf(acquire(1), JSON.stringify(ok(1)).slice(0, -9)),
			3,
			"This is not JSON",
		],
		["has a line of another form", textOf(acquire(1, { key: 7 })), 2, "Expected `key`"],
		["completes what was never invoked", textOf(acquire(1), ok(2)), 3, "Operation 2 was never invoked."],
		[
			"invokes an operation twice",
			textOf(acquire(1), acquire(1)),
			3,
			"Operation 1 was invoked in line 2 already.",
		],
		[
			"invokes a text that reads like a number",
			textOf(acquire(1), acquire("1")),
			3,
			"Operation 1 was invoked in line 2 already.",
		],
		[
			"completes an operation twice",
			textOf(acquire(1), ok(1), ok(1)),
			4,
			"Operation 1 was completed in line 3 already.",
		],
		[
			"completes before it invokes",
			textOf(acquire(1), ok(1, { time: 4 })),
			3,
			"Operation 1 ended at 4, before it was invoked at 5.",
		],
		["completes by another process", textOf(acquire(1), ok(1, { process: "b" })), 3, 'was invoked by "a"'],
		[
			"grants no epoch",
			textOf(acquire(1), ok(1, { epoch: undefined })),
			3,
			"The answer to the call acquire: Expected `epoch`",
		],
		[
			"answers what was not asked",
			textOf(acquire(1), ok(1, { version: 1 })),
			3,
			'The answer to the call acquire: The field "version"',
		],
		[
			"reads no version",
			textOf(acquire(1, { call: "read" }), { ...ok(1), epoch: undefined }),
			3,
			"The answer to the call read: Expected `version`",
		],
		[
			"puts no version",
			textOf(acquire(1, { call: "put", value: "x" }), { ...ok(1), epoch: undefined }),
			3,
			"The answer to the call put: Expected `version`",
		],
	])("is refused with its line if it %s", (_, text, line, message) => {
		const parse = () => parseHistory(text);
		expect(parse).toThrow(HistoryFormatError);
		expect(parse).toThrow(message);
		expect(parse).toThrow(expect.objectContaining({ line, code: "history_invalid" }));
	});

	it("is read whatever the order of its lines, with blank ones in it, and with either end of line", () => {
		const text = `\n${textOf(ok(1), "", acquire(2), acquire(1)).replaceAll("\n", "\r\n")}\r\n`;
		const { operations } = parseHistory(text);
		expect(
			operations.map(({ invoke: at, completion, outcome }) => [at.number, completion?.number, outcome]),
		).toEqual([
			[5, undefined, "unknown"],
			[6, 3, "ok"],
		]);
	});

	it("is made of several files, in which an operation may have the same name", () => {
		const one = parseHistory(textOf(acquire(1), ok(1)), { source: "one" });
		const two = parseHistory(textOf(acquire(1)), { source: "two" });
		expect(mergeHistories([one, two]).operations.map(({ source, outcome }) => [source, outcome])).toEqual([
			["one", "ok"],
			["two", "unknown"],
		]);
	});
});
