// docs/incidents.md: its texts and diagrams are what is found now, and its tables list what is explored, all of it and no
// more. How many schedules that are is left to `npm run incidents`.
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { explore } from "../../src/explore/explore.ts";
import type { BrokenScenario, HeldScenario } from "../../src/incidents/incident.ts";
import { incidents } from "../../src/incidents/index.ts";
import { type DocumentedHeld, incidentsDocument } from "../../src/report/incident-document.ts";
import { extentText } from "../../src/report/incident-extent.ts";
import { faultsText } from "../../src/report/verdict-line.ts";

const written = await readFile(new URL("../../../docs/incidents.md", import.meta.url), "utf8");

it("docs/incidents.md says what is found now", async () => {
	const found = [];
	for (const { cases, ...told } of incidents) {
		const documented = [];
		for (const { title, piece, broken, reported, held } of cases) {
			documented.push({
				title,
				piece,
				broken: { breaks: broken.breaks, report: await explore(broken.scenario, broken.options) },
				reported: { breaks: reported.breaks, report: await runAgain(reported) },
				held: held.map(documentedHeld),
			});
		}
		found.push({ ...told, cases: documented });
	}
	expect(incidentsDocument(found)).toBe(written);
	expect(written).not.toContain("undefined");
});

/** The schedule that the document names: to look for it takes longer, and is done elsewhere. */
async function runAgain({ scenario, breaks }: BrokenScenario) {
	const from = written.indexOf(`sl1|${scenario.name}|`);
	expect(from, `${scenario.name} is not in docs/incidents.md`).toBeGreaterThanOrEqual(0);
	const [replay = ""] = /^sl1\|[^|]*\|[^|]*\|\w*/.exec(written.slice(from)) ?? [];
	const report = await explore(scenario, { replay });
	expect(report.counterexample?.violation.sentence, scenario.name).toBe(breaks);
	return report;
}

/** With the numbers that its row has. */
function documentedHeld({ scenario, extent }: HeldScenario): DocumentedHeld {
	const faults = faultsText(scenario.faults ?? {}) || "none";
	const start = `| ${scenario.name} | ${faults} | ${extentText(extent)} | `;
	const row = written.split("\n").find((line) => line.startsWith(start)) ?? "";
	const [schedules = 0, states = 0] = row
		.split(" | ")
		.slice(3)
		.map((cell) => Number(cell.replaceAll(/\D/g, "")));
	const limits = { faults: scenario.faults ?? {}, schedulesMax: 0, stepsMax: 0 };
	return { extent, report: { scenario: scenario.name, limits, schedules, states } };
}
