// Replay strings: what a failure prints can be pasted back, and what cannot be read is refused.
import { describe, expect, it } from "vitest";
import { explore } from "../../src/explore/explore.ts";
import { eventually } from "../../src/explore/properties.ts";
import { decodeReplay, encodeReplay } from "../../src/explore/replay-string.ts";
import { lostUpdate } from "./setup.ts";

const buggy = lostUpdate({ crash: 1 }, [
	eventually(
		"both additions count",
		({ count, fields }) => (fields("counter").count ?? 0) === count("added"),
	),
]);
const { counterexample } = await explore(buggy);
const replay = counterexample?.replay ?? "";

describe("a replay string", () => {
	it("runs the same schedule again", async () => {
		const report = await explore(buggy, { replay });
		expect(report).toMatchObject({ mode: "replay", verdict: "violated", schedules: 1 });
		expect(report.counterexample).toEqual({ ...counterexample, foundInSchedule: 1 });
	});

	it("says when it holds now", async () => {
		const mended = { ...buggy, properties: [eventually("anything", () => true)] };
		expect(await explore(mended, { replay })).toMatchObject({ verdict: "held", reasons: [] });
	});

	it.each([
		["", "Expected a replay string of version sl1"],
		["sl2|lost update|a|xxxxxx", 'version sl1, got "sl2"'],
		["sl1|lost update|a", "cut or damaged"],
		[replay.replace("|a", "|b"), "its check does not fit"],
		[replay.slice(0, -1), "its check does not fit"],
		[encodeReplay({ scenario: "another", labels: ["a"] }), 'of the scenario "another", not "lost update"'],
		[
			encodeReplay({ scenario: "lost update", labels: ["c"] }),
			"Expected c to be possible, but there was only a, b",
		],
		[
			encodeReplay({ scenario: "lost update", labels: ["a", "a", "b!dies", "+1", "b"] }),
			"The schedule ended before",
		],
		[
			encodeReplay({ scenario: "lost update", labels: Array(40).fill("a") }),
			"Expected a to be possible, but there was only b",
		],
	])("is refused: %s", async (text, reason) => {
		const report = await explore(buggy, { replay: text });
		expect(report).toMatchObject({ verdict: "refused", complete: false });
		expect(report.reasons.join()).toContain(reason);
	});

	it("survives the way into text and back", () => {
		const labels = ["a", "a", "b!dies", "q#1>a", "+1", "expiry", "a~", "a~", "."];
		const text = encodeReplay({ scenario: "two contenders", labels });
		expect(text).toMatch(/^sl1\|two contenders\|a\*2 b!dies q#1>a \+1 expiry a~\*2 \.\|\w{6}$/);
		expect(decodeReplay(text)).toEqual({ scenario: "two contenders", labels });
	});
});
