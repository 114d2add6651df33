import { describe, expect, it } from "vitest";
import { escapeHtml } from "../../src/report/html.ts";
import { explorationPage } from "../../src/report/page.ts";
import { titleText } from "../../src/report/title-text.ts";
import { Trace, violated } from "./exploration-fixture.ts";

describe("the title of a step", () => {
	const update = 'state::update {"scope":"approvals","key":"s/c1","ops":[{"type":"append","path":"claims"}]}';

	it("reads as answers do, in one line", () => {
		expect(titleText('sets lock to {"by":"a","untilMs":1700000015000}\n', 60)).toBe(
			"sets lock to {by a, untilMs 15000 ms}",
		);
		expect(titleText("reads {s", 20)).toBe("reads {s");
		expect(titleText("updates s: set [x]", 20)).toBe("updates s: set [x]");
	});

	it("is cut in the middle of its JSON, if there is no room: what is called, about what, and who sent it stay", () => {
		expect(titleText(update, 80)).toBe(
			"state::update {scope approvals, key s/c1, ops [{type append, path claims}]}",
		);
		expect(titleText(`dies before the reply: ${update}`, 72)).toBe(
			"dies before the reply: state::update {scope approvals, key s/c1…laims}]}",
		);
		expect(titleText(`gets ${JSON.stringify({ payload: "x".repeat(99) })} from wakes`, 40)).toMatch(
			/^gets \{payload x+…x+\} from wakes$/,
		);
	});

	it("is never longer than there is room, whatever is in it", () => {
		for (const title of [update, "x".repeat(200), `{${"x".repeat(200)}}`, `${"x ".repeat(99)}{"a":1}`]) {
			for (const room of [20, 41, 64]) expect(titleText(title, room).length).toBeLessThanOrEqual(room);
		}
	});

	it("is whole in the detail of a page, with the whole answer", () => {
		const answer = JSON.stringify({
			claims: [{ id: "p1", decision: "allow", reason: "<b>because</b> it is fine" }],
		});
		const long = `${update.slice(0, -1)}, "more":${JSON.stringify("y".repeat(99))}}`;
		const trace = new Trace().start("a").step("a", long, { to: "iii", answer }).entries;
		const page = explorationPage(violated(trace));
		expect(page).toContain(`<pre>${escapeHtml(long)}</pre>`);
		expect(page).toContain(`<p>answered</p><pre>${escapeHtml(answer)}</pre>`);
		const [, row = ""] = /<div>(state::update .*?)<aside>/.exec(page) ?? [];
		expect(row).not.toContain("y".repeat(99));
		expect(row).toContain("key s/c1");
	});
});
