// Copies of the sources as JavaScript, each with the patches of one mutant, and the scenarios that belong to it.
//
// Node's own loader runs them: vitest leaves alone what lies in a folder of that name, and what runs ten thousand
// schedules should not be looked up in a proxy at every import.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { explore } from "../../src/explore/explore.ts";
import type { Scenario } from "../../src/explore/scenario.ts";
import type { Mutant, Patch } from "./mutant.ts";

/** What a test needs of a copy. */
export interface Copy {
	readonly explore: typeof explore;
	readonly spaces: readonly Scenario[];
}

export interface Copies {
	/** The copy without a patch. */
	readonly unpatched: () => Promise<Copy>;
	readonly patched: (mutant: Pick<Mutant, "name">) => Promise<Copy>;
	readonly remove: () => void;
}

const HARNESS = fileURLToPath(new URL("../../", import.meta.url));
const SPACES = "tests/mutants/spaces";
const DESIGNS = "tests/mutants/designs";

/**
 * Makes the copies, in a folder of that name, which is made anew. A copy whose patches do not fit rejects when it is
 * asked for, with an error that names the mutant and the file.
 */
export function makeCopies(name: string, mutants: readonly Pick<Mutant, "name" | "patches">[]): Copies {
	const folder = join(HARNESS, "node_modules", ".cache", "session-lease", name);
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
	const unpatched = join(folder, "unpatched");
	// With what these import: all that a copy needs.
	compile(HARNESS, ["src/explore/explore.ts", SPACES, DESIGNS], unpatched);
	const sources = join(folder, "sources");
	const misfits = new Map<string, unknown>();
	for (const mutant of mutants) {
		try {
			writePatched(join(sources, mutant.name), mutant);
		} catch (error) {
			misfits.set(mutant.name, error);
		}
	}
	const fitting = mutants.filter(({ name }) => !misfits.has(name));
	const compiled = join(folder, "compiled");
	if (fitting.length > 0) compile(sources, ["."], compiled);
	for (const mutant of fitting) {
		const copy = join(folder, mutant.name);
		cpSync(unpatched, copy, { recursive: true });
		cpSync(join(compiled, mutant.name), copy, { recursive: true });
	}
	return {
		unpatched: () => load(unpatched),
		async patched({ name }) {
			if (misfits.has(name)) throw misfits.get(name);
			return load(join(folder, name));
		},
		remove: () => rmSync(folder, { recursive: true, force: true }),
	};
}

function writePatched(folder: string, { name, patches }: Pick<Mutant, "name" | "patches">): void {
	const texts = new Map<string, string>();
	for (const patch of patches) {
		const path = join("src", patch.file);
		const text = texts.get(path) ?? readFileSync(join(HARNESS, path), "utf8");
		texts.set(path, patched(name, text, patch));
	}
	for (const [path, text] of texts) {
		mkdirSync(dirname(join(folder, path)), { recursive: true });
		writeFileSync(join(folder, path), text);
	}
}

function patched(name: string, text: string, { file, from, to }: Patch): string {
	const found = text.split(from).length - 1;
	if (found !== 1) {
		throw new Error(
			`The mutant "${name}" fits ${found} places of ${file}, not one: update it with the code.\n${from}`,
		);
	}
	return text.replace(from, () => to);
}

/** Types are not looked at: what is taken out may leave a name without a use. */
function compile(rootDir: string, include: readonly string[], outDir: string): void {
	const config = join(outDir, "..", `tsconfig.${basename(outDir)}.json`);
	const compilerOptions = { noCheck: true, noEmit: false, declaration: false, isolatedDeclarations: false };
	const own = {
		extends: join(HARNESS, "tsconfig.json"),
		compilerOptions: { ...compilerOptions, rootDir, outDir },
		include: include.map((path) => join(rootDir, path)),
		exclude: [],
	};
	writeFileSync(config, JSON.stringify(own));
	execFileSync(process.execPath, [join(HARNESS, "node_modules/typescript/bin/tsc"), "-p", config], {
		stdio: "pipe",
		encoding: "utf8",
	});
}

async function load(copy: string): Promise<Copy> {
	const module = (path: string) => import(pathToFileURL(join(copy, path)).href);
	const [{ explore }, { spaces }] = [
		await module("src/explore/explore.js"),
		await module(`${SPACES}/index.js`),
	];
	return { explore, spaces };
}
