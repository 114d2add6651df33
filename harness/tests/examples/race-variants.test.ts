// What else `test.race` can be asked for, in a project of its own.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { installExample, type Project } from "./example-project.ts";

let project: Project;
beforeAll(async () => {
	project = await installExample("race-test");
}, 120_000);
afterAll(() => project[Symbol.asyncDispose]());

const HEAD = `import { expect, test as plain } from "vitest";
import { explore } from "session-lease/explore";
import { test } from "session-lease/vitest";
import { underLease, underLock } from "./two-approvals.ts";
`;

async function run(name: string, text: string) {
	await writeFile(join(project.path, `${name}.test.ts`), HEAD + text);
	return project.run(`npx vitest run ${name}.test.ts`);
}

it("skips, and leaves vitest's own test as it is", async () => {
	const { exitCode, shown } = await run(
		"skips",
		`test.race.skip("not now", underLock);
		test("toHold", async () => {
			expect(await explore(underLease)).toHold({ complete: true });
			expect(await explore(underLock)).not.toHold();
			expect(plain).not.toHaveProperty("race");
		});
		test.each([1, 2])("each %i", (n) => expect(n).toBeGreaterThan(0));`,
	);
	expect(shown).toContain("3 passed | 1 skipped");
	expect(exitCode).toBe(0);
});

it("runs one only", async () => {
	const { exitCode, shown } = await run(
		"only",
		`test.race.only("this one", underLease);
		test.race("not this one", underLock);
		test("nor this one", () => { throw new Error("ran"); });`,
	);
	expect(shown).toContain("1 passed | 2 skipped");
	expect(exitCode).toBe(0);
});

it("ends at its time, and does not go on behind the next test", async () => {
	const { exitCode, shown } = await run(
		"endless",
		`let setups = 0;
		const faults = { crash: 2, lostReply: 2, delay: 2, twice: 2 };
		const endless = { ...underLease, properties: [], faults, setup(world) { setups++; return underLease.setup(world); } };
		test.race("endless", endless, { timeoutMs: 300 });
		test("after it", async () => {
			await new Promise((resolve) => setTimeout(resolve, 100));
			const before = setups;
			await new Promise((resolve) => setTimeout(resolve, 300));
			expect(before).toBeGreaterThan(1);
			expect(setups).toBe(before);
		});`,
	);
	expect(shown).toContain("Test timed out in 300ms");
	expect(shown).toContain("1 failed | 1 passed");
	expect(exitCode).toBe(1);
});
