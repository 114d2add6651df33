// What a failing exploration leaves behind: its shortest counterexample as a page and as a diagram.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Report } from "../explore/report.ts";
import type { TextOptions } from "../report/exploration-text.ts";
import { mermaidDiagram } from "../report/mermaid.ts";
import { explorationPage } from "../report/page.ts";

/** Answers the paths of the files that it wrote; those of an earlier failure are replaced. */
export function writeArtefacts(
	report: Report,
	{ folder, ...how }: TextOptions & { readonly folder: string },
): readonly string[] {
	const base = join(folder, fileNameOf(report.scenario));
	const files = [
		[`${base}.html`, explorationPage(report, how)],
		[`${base}.mmd`, mermaidDiagram(report)],
	] as const;
	mkdirSync(folder, { recursive: true });
	for (const [path, content] of files) writeFileSync(path, content);
	return files.map(([path]) => path);
}

const LENGTH_MAX = 80;

/** Another one for each name, on file systems that take `A` for `a` as well: what a file name cannot tell is hashed. */
export function fileNameOf(scenario: string): string {
	const dashed = scenario
		.replace(/[^A-Za-z0-9]+/g, "-")
		.replace(/^-|-$/g, "")
		.slice(0, LENGTH_MAX);
	if (/^[a-z0-9]+( [a-z0-9]+)*$/.test(scenario) && scenario.length <= LENGTH_MAX) return dashed;
	const hash = createHash("sha1").update(scenario).digest("hex").slice(0, 6);
	return dashed === "" ? hash : `${dashed}-${hash}`;
}
