// The page and the diagram of a report, as files.
import { writeFile } from "node:fs/promises";
import type { Report } from "../explore/report.ts";
import type { TextOptions } from "../report/exploration-text.ts";
import { mermaidDiagram } from "../report/mermaid.ts";
import { explorationPage } from "../report/page.ts";
import { InputError, sentenceOf } from "./input-error.ts";

export interface PicturePaths {
	readonly htmlPath: string | undefined;
	readonly mermaidPath: string | undefined;
}

/** @throws InputError that names the file. */
export async function writePictures(
	report: Report,
	{ htmlPath, mermaidPath }: PicturePaths,
	options: TextOptions,
): Promise<void> {
	if (htmlPath !== undefined) await writeText(htmlPath, explorationPage(report, options));
	if (mermaidPath !== undefined) await writeText(mermaidPath, mermaidDiagram(report));
}

/** @throws InputError that names the file. */
export async function writeText(path: string, content: string): Promise<void> {
	try {
		await writeFile(path, content);
	} catch (error) {
		throw new InputError(`Cannot write ${path}: ${sentenceOf(error)}.`);
	}
}
