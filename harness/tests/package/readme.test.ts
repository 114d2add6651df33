// The README is true, and so is what is said of the explorer, the recipes and the incidents: snippets run and print what
// they say, links lead somewhere, and tables name what there is.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { FAULT_KINDS, type Verdict } from "../../src/explore.ts";
import { DEFAULTS } from "../../src/lease/options.ts";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
const generated = join(here, ".generated");
const readme = await readFile(join(root, "README.md"), "utf8");
/** All of them, or this does not compile. */
const VERDICTS: Readonly<Record<Verdict, true>> = {
	held: true,
	violated: true,
	vacuous: true,
	"not deterministic": true,
	refused: true,
};
/** These have snippets. */
const WITH_SNIPPETS = ["README.md", "docs/explorer.md", "docs/recipes.md", "docs/porting.md"];
const INCIDENTS = "docs/incidents.md";
const documents = await Promise.all(
	[...WITH_SNIPPETS, ...(existsSync(join(root, INCIDENTS)) ? [INCIDENTS] : [])].map(async (path) => ({
		path,
		text: await readFile(join(root, path), "utf8"),
	})),
);
const snippets = documents.flatMap(({ path, text }) =>
	[...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""], index) => ({
		path,
		number: index + 1,
		code,
		file: join(generated, `${path.replaceAll(/\W/g, "-")}-${index + 1}.ts`),
	})),
);

beforeAll(async () => {
	await mkdir(generated, { recursive: true });
	await Promise.all(snippets.map(({ file, code }) => writeFile(file, code)));
});
afterAll(() => rm(generated, { recursive: true }));

/** What a snippet says that it prints: the comment behind each `console.log`. */
const promised = (code: string) =>
	[...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);

/** As links name them. */
const headingsOf = (text: string) =>
	[...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
		heading
			.toLowerCase()
			.replaceAll(/[^\w -]/g, "")
			.replaceAll(" ", "-"),
	);

describe("what is written", () => {
	it("has snippets", () => {
		for (const path of WITH_SNIPPETS) expect(snippets.map((snippet) => snippet.path)).toContain(path);
		expect(snippets.length).toBeGreaterThanOrEqual(4);
	});

	it.each(snippets)("prints in snippet $number of $path what its comments say", async ({ file, code }) => {
		const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
		try {
			await import(/* @vite-ignore */ file);
			const printed = log.mock.calls.map(([value]) => JSON.stringify(value));
			expect(printed.length).toBeGreaterThan(0);
			expect(promised(code)).toHaveLength(printed.length);
			for (const [line, value] of printed.entries()) {
				expect(promised(code)[line]?.split(": ")[0]).toBe(value);
			}
		} finally {
			log.mockRestore();
		}
	});

	it("compiles as strictly as anybody's compiler may be set", async () => {
		const compilerOptions = {
			strict: true,
			exactOptionalPropertyTypes: true,
			noUncheckedIndexedAccess: true,
			target: "ES2023",
			module: "NodeNext",
			moduleDetection: "force",
			types: ["node"],
			skipLibCheck: true,
			noEmit: true,
		};
		const files = snippets.map(({ file }) => file);
		await writeFile(join(generated, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
		const tsc = join(root, "harness/node_modules/.bin/tsc");
		const printed = await promisify(execFile)(tsc, ["-p", generated]).catch(({ stdout }) => ({ stdout }));
		expect(printed.stdout).toBe("");
	});

	it.each(documents)("links to files and headings that are there: $path", async ({ path, text }) => {
		const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)];
		expect(links.length).toBeGreaterThan(0);
		for (const [link, file, heading] of links) {
			const target = file ? await readFile(join(root, dirname(path), file), "utf8") : text;
			expect(target.length, link).toBeGreaterThan(0);
			if (heading !== undefined) expect(headingsOf(target), link).toContain(heading);
		}
	});

	it("says of the explorer what every fault is and every verdict, and of no other", async () => {
		const text = documents.find(({ path }) => path === "docs/explorer.md")?.text ?? "";
		const listed = (from: string, to: string) =>
			[...text.slice(text.indexOf(from), text.indexOf(to)).matchAll(/^\| `([\w ]+)` \|/gm)].map(
				([, name]) => name,
			);
		expect(listed("## What may go wrong", "## Time")).toEqual([...FAULT_KINDS]);
		expect(listed("## Verdicts", "## Properties").sort()).toEqual(Object.keys(VERDICTS).sort());
	});
});

describe("the README", () => {
	it("lists every error code, and no other", async () => {
		const source = await readFile(join(root, "harness/src/lease/errors.ts"), "utf8");
		const union = /export type ErrorCode =(.*?);/s.exec(source)?.[1] ?? "";
		const codes = [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code);
		const table = readme.slice(readme.indexOf("## Error codes"), readme.indexOf("## Where it differs"));
		const listed = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code);
		expect(listed.sort()).toEqual(codes.sort());
	});

	it.each(["ttlMs", "skewMs", "maxHoldMs", "hintsMax", "attemptsMax"] as const)(
		"states the default of %s",
		(option) => {
			expect(readme).toContain(`| \`${option}\` | ${DEFAULTS[option].toLocaleString("en")} |`);
		},
	);

	it("names the commands that there are", async () => {
		const { scripts } = JSON.parse(await readFile(join(root, "harness/package.json"), "utf8"));
		for (const [, script] of readme.matchAll(/npm run (?:-s )?([\w:-]+)/g))
			expect(scripts).toHaveProperty(script as string);
	});
});
