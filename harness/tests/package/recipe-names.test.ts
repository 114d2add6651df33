// What the README and the incidents name as the piece that helps is there, under that name.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { incidents } from "../../src/incidents/index.ts";
import * as core from "../../src/index.ts";
import * as recipes from "../../src/recipes/index.ts";
import * as iii from "../../src/turn/index.ts";

const readme = await readFile(join(dirname(fileURLToPath(import.meta.url)), "../../../README.md"), "utf8");

/** Named beside the pieces: options, what a handler is given, a word of the language. */
const NOT_EXPORTED = ["checkpoint", "emit", "events", "instanceof", "terminalEvents"];

/** What is in backticks and looks like a name of this library's; names of events and codes have underscores. */
const namesIn = (text: string) => [...text.matchAll(/`([A-Za-z]+)`/g)].map(([, name = ""]) => name);

const isExported = (name: string) => [core, recipes, iii].some((entry) => Object.hasOwn(entry, name));

describe("the pieces", () => {
	it("that the README's table of recipes names are exported", () => {
		const section = readme.slice(readme.indexOf("\n## Recipes"), readme.indexOf("\n### Incidents"));
		const cells = [...section.matchAll(/^\| ([^|]*) \|/gm)].flatMap(([, cell = ""]) => namesIn(cell));
		expect(cells).toContain("decide");
		expect(cells.filter((name) => !isExported(name))).toEqual([]);
	});

	it("that incidents name are exported, but for a few words", () => {
		const named = new Set(incidents.flatMap(({ cases }) => cases).flatMap(({ piece }) => namesIn(piece)));
		expect([...named].filter((name) => !isExported(name)).sort()).toEqual(NOT_EXPORTED);
	});
});
