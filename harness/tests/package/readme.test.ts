// The README is true: its snippets run and print what they say, and its tables name what there is.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { DEFAULTS } from "../../src/lease/options.ts";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
const generated = join(here, ".generated");
const readme = await readFile(join(root, "README.md"), "utf8");
const snippets = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code as string);

beforeAll(() => mkdir(generated, { recursive: true }));
afterAll(() => rm(generated, { recursive: true }));

/** What a snippet says that it prints: the comment behind each `console.log`. */
const promised = (code: string) =>
	[...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);

describe("the README", () => {
	it("has snippets", () => {
		expect(snippets.length).toBeGreaterThanOrEqual(3);
	});

	it.each(snippets.map((code, index) => [index + 1, code] as const))(
		"prints in snippet %i what its comments say",
		async (index, code) => {
			const file = join(generated, `snippet-${index}.ts`);
			await writeFile(file, code);
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
		},
	);

	it("links to files that are there", async () => {
		const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, link]) => link as string);
		expect(links.length).toBeGreaterThan(4);
		for (const link of links)
			expect((await readFile(join(root, link), "utf8")).length, link).toBeGreaterThan(0);
	});

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
