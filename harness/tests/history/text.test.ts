import { describe, expect, it } from "vitest";
import { checkHistory, mergeHistories, parseHistory } from "../../src/history/index.ts";
import { historyText } from "../../src/report/history-text.ts";
import { reportJson } from "../../src/report/json.ts";
import { granted, judge, ok, op, released, type Told, textOf } from "./told.ts";

const fine = [granted(1, 2, 1), released(3, 4, 1, "x"), granted(5, 6, 2, "x")];
const effect = (key: string): Told => op(1, 2, { call: "effect", key }, ok());

describe("the report on a history, as text", () => {
	it("shows each check with what it looked at, and the verdict", () => {
		expect(historyText(judge(fine))).toBe(
			`check               operations  verdict
epochs                       2  held
fenced lease                 3  held
versioned register           0  nothing to check
lost updates                 1  held
truthful outcomes            1  held
duplicate effects            0  nothing to check

Held: the history can have been, and nothing in it breaks a promise.
`,
		);
	});

	it("shows each finding with the lines of its operations", () => {
		expect(historyText(judge([effect("mail"), effect("mail")]))).toContain(
			`
duplicate effects: Effect "mail" was begun 2 times: by operation 1 of p1 and operation 2 of p2.
  line 2: {"op":1,"process":"p1","type":"invoke","time":1,"key":"mail","call":"effect"}
  line 3: {"op":1,"process":"p1","time":2,"type":"ok"}
  line 4: {"op":2,"process":"p2","type":"invoke","time":1,"key":"mail","call":"effect"}
  line 5: {"op":2,"process":"p2","time":2,"type":"ok"}

Violated.
`,
		);
	});

	it("shows the file of a line where there are several", () => {
		const one = parseHistory(textOf([effect("mail")]), { source: "one.jsonl" });
		const two = parseHistory(textOf([effect("mail")]), { source: "two.jsonl" });
		const text = historyText(checkHistory(mergeHistories([one, two])));
		expect(text).toContain("by operation 1 of p1 in one.jsonl and operation\n1 of p1 in two.jsonl.\n");
		expect(text).toContain("\n  two.jsonl line 2: {");
	});

	it("says why nothing can be said", () => {
		expect(historyText(judge([]))).toMatch(
			/\nInconclusive: the history has nothing that can be checked\.\n$/,
		);
		const text = historyText(judge(fine, 1));
		expect(text).toContain("fenced lease                 3  inconclusive\n");
		expect(text).toMatch(
			/was not found out in 1 steps\.\n\nInconclusive: more steps may tell \(--steps\)\.\n$/,
		);
	});

	it("fits 100 columns, however long the names and many the findings", () => {
		const key = (index: number) => `${"k".repeat(150)}\u001b[31m${index}`;
		const told = Array.from({ length: 30 }, (_, index) => index).flatMap((index) =>
			Array.from({ length: 10 }, () => effect(key(index))),
		);
		const text = historyText(judge(told));
		expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
		// biome-ignore lint/suspicious/noControlCharactersInRegex: they must not reach a terminal
		expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
		expect(text).toContain("\n  … and 2 more\n");
		expect(text).toContain("\n… and 10 more of duplicate effects\n");
	});

	it("is data as JSON", () => {
		const report = judge(fine);
		expect(JSON.parse(reportJson(report))).toEqual(JSON.parse(JSON.stringify(report)));
	});
});
