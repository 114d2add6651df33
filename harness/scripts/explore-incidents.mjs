// Runs all that there is of the incidents, or of those that are named, and compares it with docs/incidents.md, or writes
// that: `--write`.
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { incidents } from "../dist/incidents/index.js";
import { differences, runIncident } from "../dist/incidents/run-incident.js";
import { incidentsDocument } from "../dist/report/incident-document.js";
import { incidentsSummary, incidentText } from "../dist/report/incident-text.js";
import { exploreApart } from "./explore-apart.mjs";

const path = new URL("../../docs/incidents.md", import.meta.url);
const { values, positionals: names } = parseArgs({
	allowPositionals: true,
	options: { write: { type: "boolean", default: false } },
});
const chosen = incidents.filter(({ name }) => names.length === 0 || names.includes(name));
if (names.some((name) => !chosen.some((incident) => incident.name === name))) {
	throw new Error(
		`Expected names of incidents, ${incidents.map(({ name }) => name).join(", ")}, got ${names.join(", ")}.`,
	);
}

const explore = ({ name }, options) => exploreApart(name, options);

/** Its cases side by side: some take much longer than others. */
async function runInFull(incident) {
	const parts = await Promise.all(
		incident.cases.map((one) => runIncident({ ...incident, cases: [one] }, { full: true, explore })),
	);
	return { ...parts[0], cases: parts.flatMap(({ cases }) => cases) };
}

const reports = await Promise.all(chosen.map(runInFull));
for (const report of reports) if (differences(report).length > 0) console.log(incidentText(report));
console.log(incidentsSummary(reports));

const written = await readFile(path, "utf8").catch(() => "nothing: it is not there");
const text = withTheOthers(incidentsDocument(reports));
if (reports.some((report) => differences(report).length > 0)) process.exitCode = 1;
else if (values.write) await writeFile(path, text);
else compare();

/** Of incidents that were not run the document says what it has said. */
function withTheOthers(found) {
	if (chosen.length === incidents.length) return found;
	const [head, ...own] = sectionsOf(found);
	const others = sectionsOf(written);
	const sectionOf = ({ name }) =>
		[...own, ...others].find((section) => section.startsWith(`## ${name}\n`)) ?? "";
	const sections = incidents.map((incident) => sectionOf(incident).trimEnd()).filter(Boolean);
	return `${[head.trimEnd(), ...sections].join("\n\n")}\n`;
}

function sectionsOf(text) {
	return text.split(/^(?=## )/m);
}

function compare() {
	if (written === text) return;
	const [says, found] = [written, text].map((whole) => whole.split("\n"));
	const index = says.findIndex((line, at) => line !== found[at]);
	console.log(`docs/incidents.md says something else than was found, in line ${index + 1}:`);
	console.log(`says   ${says[index]}\nfound  ${found[index]}`);
	console.log("npm run incidents -- --write writes it.");
	process.exitCode = 1;
}
