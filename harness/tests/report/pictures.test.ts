import { describe, expect, it } from "vitest";
import type { Report } from "../../src/explore.ts";
import { answerFields, newsText } from "../../src/report/answer-text.ts";
import { explorationText } from "../../src/report/exploration-text.ts";
import { holdsOf, overlapsOf } from "../../src/report/holds.ts";
import { escapeHtml } from "../../src/report/html.ts";
import { mermaidDiagram } from "../../src/report/mermaid.ts";
import { explorationPage } from "../../src/report/page.ts";
import { scheduleOf } from "../../src/report/schedule.ts";
import { complete, splitBrain, Trace, violated } from "./exploration-fixture.ts";

const fields = (answer: string) => answerFields(answer) ?? new Map<string, string>();

describe("what a call was answered", () => {
	it("is read as a record, whatever is in its texts", () => {
		const record = fields('bids:1:2;value:1.a-1.2:"a;b:1;\\"c";holder:1:{"id":"a-1","until":1700000001000}');
		expect([...record]).toEqual([
			["bids:1", "2"],
			["value:1.a-1.2", '"a;b:1;\\"c"'],
			["holder:1", '{"id":"a-1","until":1700000001000}'],
		]);
		expect(answerFields("no record at all")).toBeUndefined();
	});

	it("is told by what is new", () => {
		const before = fields("bids:1:1;done:1.a-1:true");
		expect(newsText(before, undefined)).toBe("bids:1=1, done:1.a-1=true");
		expect(newsText(fields("bids:1:2"), before)).toBe("bids:1=2, -done:1.a-1");
		expect(newsText(before, before)).toBe("as before");
		expect(newsText(fields(""), undefined)).toBe("no record");
	});
});

describe("a schedule", () => {
	const schedule = scheduleOf(splitBrain);

	it("has a lane for every process, whatever its life, and for what is called", () => {
		expect(schedule.processes).toEqual(["a", "b", "c"]);
		expect(schedule.services).toEqual(["store", "wakes"]);
		expect(schedule.steps.find(({ actor }) => actor === "c2")?.lane).toBe("c");
		expect(schedule.steps.find(({ actor }) => actor === "time")?.lane).toBeUndefined();
	});

	it("says how far each request and its reply came", () => {
		const route = (label: string) => schedule.steps.find((step) => step.label === label)?.route;
		expect(route("wakes#1>a")).toEqual({ service: "wakes", request: "none", reply: "arrives" });
		expect(route("c!late")).toEqual({ service: "store", request: "under way", reply: "lost" });
		expect(route("c!dies")).toEqual({ service: "store", request: "under way", reply: "none" });
		expect(route("b!lost")).toEqual({ service: "store", request: "arrives", reply: "lost" });
		expect(route("b!pause")).toBeUndefined();
		expect(schedule.steps.find(({ title }) => title.startsWith("sends "))?.route?.service).toBe("wakes");
	});

	it("says who held what, from when to when, and where there were two", () => {
		expect(
			schedule.holds.map(({ lane, epoch, from, to, end, until }) => [lane, epoch, from, to, end, until]),
		).toEqual([
			["a", 1, 3, 4, "released", 4],
			["b", 2, 7, 25, "open", 25],
			["c", 3, 14, 16, "died", 21],
			["c", 4, 21, 25, "open", 25],
			["a", 5, 25, 25, "open", 25],
		]);
		expect(overlapsOf(schedule.holds, 25)).toEqual([
			{ from: 14, to: 16, holders: 2 },
			{ from: 21, to: 25, holders: 2 },
			{ from: 25, to: 26, holders: 3 },
		]);
	});

	it("takes two sessions that are held at once for no overlap", () => {
		const trace = new Trace()
			.start("a")
			.step("a", "x")
			.note("a", "granted", { sessionId: "s", epoch: 1 })
			.note("a", "granted", { sessionId: "t", epoch: 1 }).entries;
		expect(overlapsOf(holdsOf(trace, new Map()), 1)).toEqual([]);
	});

	it("lets a process that stood still hear of it when it wakes up", () => {
		const trace = new Trace()
			.start("a")
			.step("a", "stands still, and time passes", { label: "a!pause", fault: "pause" })
			.call("a", "reads s")
			.step("a", "wakes up", { label: "a^" })
			.call("a", "reads s", { answer: "bids:1:1" }).entries;
		const [, applied, , heard] = scheduleOf(trace).steps;
		expect([applied?.route, applied?.news]).toEqual([
			{ service: "store", request: "arrives", reply: "none" },
			undefined,
		]);
		expect([heard?.route, heard?.news]).toEqual([
			{ service: "store", request: "none", reply: "arrives" },
			"bids:1=1",
		]);
	});
});

describe("a Mermaid diagram", () => {
	it("has the calls as arrows, the epochs as bars, what is called in the middle, and the error at its end", () => {
		const trace = new Trace()
			.start("a")
			.start("b")
			.call("a", "bids for epoch 1 of s", { answer: "" })
			.granted("a", 1)
			.call("a", "is delayed: writes [1] under epoch 1 of s", { label: "a!late", fault: "delay" })
			.call("b", "loses the reply: reads s", {
				label: "b!lost",
				fault: "lostReply",
				preempts: true,
			})
			.call("b", "reads s", { answer: "bids:1:1" }).entries;
		const lines = mermaidDiagram(violated(trace))
			.split("\n")
			.map((line) => line.trim());
		expect([lines[0], ...lines.slice(2)]).toEqual([
			"sequenceDiagram",
			"participant p1 as a",
			"participant p2 as store",
			"participant p3 as b",
			"p1->>p2: 1 bids for epoch 1 of s",
			"p2-->>p1: granted epoch 1",
			"activate p1",
			"p1-xp2: 2 ✗ delay: is delayed: writes [1] under epoch 1 of s",
			"p3->>p2: 3 ⇄ ✗ lostReply: loses the reply: reads s",
			"p2--xp3: no reply",
			"p3->>p2: 4 reads s",
			"p2-->>p3: bids:1=1",
			"rect rgba(220, 60, 60, 0.25)",
			"Note over p1,p3: ✗ never: two processes hold the session at once<br/>c2 holds epoch 4, a epoch 5",
			"end",
			"deactivate p1",
			"",
		]);
	});

	it("escapes what means something to Mermaid or to HTML", () => {
		const title = 'x; y #1 <b>"end"</b>\n%% & end';
		const diagram = mermaidDiagram(violated(new Trace().start("end").step("end", title).entries));
		expect(diagram).toContain("participant p1 as en#100;\n");
		expect(diagram).toContain("1 x#59; y #35;1 #60;b#62;#34;en#100;#34;#60;/b#62; #37;#37; #38; en#100;\n");
	});

	it("begins each bar that it ends", () => {
		const diagram = mermaidDiagram(violated(splitBrain));
		const bars = (word: string) =>
			diagram
				.match(new RegExp(`\\t${word} p\\d`, "g"))
				?.sort()
				.map((it) => it.slice(-2));
		expect(bars("activate")).toEqual(bars("deactivate"));
	});

	it("shows no more than the verdict if nothing was violated", () => {
		expect(mermaidDiagram(complete)).toContain("Note over scenario: held: all 206300 schedules of");
	});
});

describe("a page", () => {
	const page = explorationPage(violated(splitBrain));

	it("has a row for each lane, a bar for each epoch, and an anchor for each step, the first error among them", () => {
		expect([...page.matchAll(/<b class="lane[^>]*>([^<]+)/g)].map(([, name]) => name)).toEqual([
			"clock",
			"a",
			"b",
			"c",
			"store",
			"wakes",
		]);
		expect(page.match(/class="bar hold (open|released|died)/g)).toHaveLength(5);
		expect(page).toContain('class="bar hold gone"');
		expect(page).toContain("<b>3 holders</b>");
		expect(page.match(/<li id="step-\d+"/g)).toHaveLength(25);
		expect(page).toContain('<a class="go" href="#step-25">');
		expect(page).toContain('<li id="step-25" class="error">');
	});

	it("runs nothing that a title or an answer says, and reaches no network", () => {
		expect(page).toContain(
			"content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\"",
		);
		expect(page.match(/<script/g)).toHaveLength(1);
		expect(page).not.toMatch(/<(img|link|iframe|object|embed|base|form)\b|<[^>]*\ssrc=|@import|url\(/);
		expect([...page.matchAll(/href="([^"]*)"/g)].every(([, target]) => target?.startsWith("#step-"))).toBe(
			true,
		);
		const names = violated(splitBrain, { scenario: '<script>"x"</script>' });
		expect(explorationPage(names).match(/<script/g)).toHaveLength(1);
	});

	it("is small, and the same each time", () => {
		const steps = Array.from({ length: 60 }, (_, index) => index);
		const trace = new Trace().start("a").start("b");
		for (const step of steps) {
			const name = step % 2 === 0 ? "a" : "b";
			const record = `bids:${step}:1;holder:${step}:{"id":"${name}-${step}","owner":"${name}","until":1700000001000};owed:1.a-1.1:false;value:1.a-1.1:"[1,2,3,4,5,6]"`;
			trace.call(name, `bids for epoch ${step} of s`, { answer: record });
			if (step % 3 === 0) trace.granted(name, step);
			if (step % 3 === 2) trace.released(name, step - 2);
		}
		const report = violated(trace.entries);
		expect(explorationPage(report).length).toBeLessThan(60_000);
		expect(explorationPage(structuredClone(report))).toBe(explorationPage(report));
		expect(mermaidDiagram(structuredClone(report))).toBe(mermaidDiagram(report));
		expect(explorationText(structuredClone(report))).toBe(explorationText(report));
	});

	it("has the line to paste that it is given", () => {
		const runAgain = "SESSION_LEASE_REPLAY='sl1|…' npx vitest run -t 'it & that'";
		expect(explorationPage(violated(splitBrain), { runAgain })).toContain(
			`<code>${escapeHtml(runAgain)}</code>`,
		);
		expect(page).toContain("<code>session-lease replay ");
	});

	it("shows an exploration that holds without a picture", () => {
		const held = explorationPage(complete);
		expect(held).toContain('<span class="badge">held</span>');
		expect(held).toContain("a lease is fenced");
		expect(held).not.toContain('class="grid"');
		expect(explorationPage({ ...complete, properties: [], struck: {} })).toContain("Faults struck: none");
	});
});

describe("a schedule that was replayed, and held", () => {
	const report: Report = { ...complete, mode: "replay", schedules: 1, replayed: splitBrain };

	it("is drawn all the same, without an error", () => {
		const page = explorationPage(report);
		expect(page.match(/<li id="step-\d+"/g)).toHaveLength(25);
		expect(page).not.toMatch(/class="[^"]*\berror|class="go"|<div class="replay">/);
		const diagram = mermaidDiagram(report);
		expect(diagram).toContain("2 reads s\n");
		expect(diagram).toContain("Note over p1,p5: held: the replayed schedule of");
		expect(diagram).not.toContain("rect ");
	});

	it("is shown as text, without anything to be pasted", () => {
		const text = explorationText(report);
		expect(text).toContain("● goes on");
		expect(text).toContain("bids for epoch 5 of s");
		expect(text).not.toMatch(/✗ never|replay string|run it again/);
	});
});

describe("a counterexample without a step", () => {
	it("is told all the same", () => {
		const report = violated([]);
		expect(explorationText(report)).toContain("✗ never: two processes hold the session at once");
		expect(mermaidDiagram(report)).toContain("two processes hold the session at once");
		expect(explorationPage(report)).toContain("two processes hold the session at once");
	});
});
