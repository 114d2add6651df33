// The command `incidents`: runs published incidents in miniature, and shows what was found.
import type { Incident } from "../incidents/incident.ts";
import { incidents } from "../incidents/index.ts";
import { differences, type IncidentReport, runIncident } from "../incidents/run-incident.ts";
import { incidentDiagrams } from "../report/incident-document.ts";
import { incidentsSummary, incidentText } from "../report/incident-text.ts";
import { reportJson } from "../report/json.ts";
import type { ExplorePorts } from "./explore-command.ts";
import { exploreScenario } from "./explore-scenario.ts";
import type { IncidentsArguments } from "./incidents-arguments.ts";
import { InputError } from "./input-error.ts";
import { writeText } from "./write-pictures.ts";

/** Answers the exit code. @throws InputError if there is no such incident, or a file cannot be written. */
export async function incidentsCommand(
	{ incidentName, full, mermaidPath, json }: IncidentsArguments,
	ports: ExplorePorts,
	known: readonly Incident[] = incidents,
): Promise<number> {
	const { writeOut } = ports;
	const reports: IncidentReport[] = [];
	for (const incident of chosen(known, incidentName)) {
		const report = await runIncident(incident, {
			full,
			explore: (scenario, options) => exploreScenario(scenario, options, ports),
		});
		reports.push(report);
		if (!json) writeOut(`${incidentText(report)}\n`);
	}
	if (mermaidPath !== undefined) await writeText(mermaidPath, incidentDiagrams(reports));
	writeOut(json ? reportJson(reports) : incidentsSummary(reports));
	return reports.flatMap(differences).length > 0 ? 2 : 0;
}

function chosen(known: readonly Incident[], name: string | undefined): readonly Incident[] {
	if (name === undefined) return known;
	const found = known.filter((incident) => incident.name === name);
	if (found.length > 0) return found;
	const names = known.map((incident) => `"${incident.name}"`).join(", ");
	throw new InputError(`There is no incident "${name}"; there are ${names}.`);
}
