// The worked example of docs/porting.md: its code is the code that runs, and the kit holds for it, under Node's own runner.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const harness = fileURLToPath(new URL("../..", import.meta.url));
const example = join(harness, "examples/port");
const FILES = ["document-server.mjs", "document-store.mjs", "conform.test.mjs"];

const read = async () => Promise.all(FILES.map((file) => readFile(join(example, file), "utf8")));

/** What the runner says of the kit on the example, each case a line. */
async function runKit(folder: string, ...parameters: string[]): Promise<string> {
	const run = [
		process.execPath,
		["--test", "--test-reporter=tap", ...parameters, join(folder, "conform.test.mjs")],
	];
	const [program, given] = run as [string, string[]];
	const ended = await promisify(execFile)(program, given, { cwd: harness }).catch((error) => error);
	return String(ended.stdout);
}

describe("docs/porting.md", () => {
	it("shows code of the example, and no other", async () => {
		const document = await readFile(join(harness, "../docs/porting.md"), "utf8");
		const snippets = [...document.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code = ""]) => code);
		const files = (await read()).join("\n");
		expect(snippets.length).toBeGreaterThanOrEqual(6);
		expect(snippets.filter((snippet) => !files.includes(snippet))).toEqual([]);
	});

	it("ends with a port for which the kit holds", async () => {
		const printed = await runKit(example);
		expect(printed).toMatch(/^# pass 5\d$/m);
		expect(printed).toMatch(/^# fail 0$/m);
	});

	it("is right that keys cannot travel as they are", async () => {
		const folder = await mkdtemp(join(example, "as-they-are-"));
		try {
			for (const [index, text] of (await read()).entries()) {
				const naive = text.replace('Buffer.from(key).toString("base64url");', "encodeURIComponent(key);");
				await writeFile(join(folder, FILES[index] as string), naive);
			}
			const printed = await runKit(folder, "--test-name-pattern=keys differ in anything");
			expect(printed).toMatch(/^\s*not ok .* keeps records apart whose keys differ in anything$/m);
		} finally {
			await rm(folder, { recursive: true });
		}
	});
});
