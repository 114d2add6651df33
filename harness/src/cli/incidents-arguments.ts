// What was typed after `session-lease incidents`.
import { incidents } from "../incidents/index.ts";
import { InputError } from "./input-error.ts";
import type { OptionValues } from "./option-values.ts";

export interface IncidentsArguments {
	readonly command: "incidents";
	/** `undefined`: all that there are. */
	readonly incidentName: string | undefined;
	/** Also explores what takes minutes. */
	readonly full: boolean;
	readonly mermaidPath: string | undefined;
	readonly json: boolean;
}

export const INCIDENTS_USAGE: string = `incidents: published incidents in miniature, all of them or the one that is named: the shortest schedule
that breaks the system as it was, and what was explored with the piece that prevents it.

  [name]                  ${incidents.map(({ name }) => name).join(", ")}
  --full                  also explores what takes minutes each
  --mermaid <file>        writes those schedules as sequence diagrams, in Markdown
  --json                  the reports as JSON, in a list

Exit codes: 0 all that was broken breaks, and with what prevents it all holds; 1 the input cannot be
used; 2 otherwise.
`;

export const INCIDENTS_OPTIONS = {
	full: { type: "boolean" },
	mermaid: { type: "string" },
	json: { type: "boolean" },
} as const;

/** @throws InputError */
export function incidentsArguments(
	[incidentName, ...more]: readonly string[],
	{ full = false, mermaid, json = false }: OptionValues<typeof INCIDENTS_OPTIONS>,
): IncidentsArguments {
	if (more.length > 0) {
		throw new InputError(`"${more[0]}" is one argument too many: incidents takes the name of one incident.`);
	}
	if (mermaid === "") throw new InputError("Expected --mermaid to be a path.");
	return { command: "incidents", incidentName, full, mermaidPath: mermaid, json };
}
