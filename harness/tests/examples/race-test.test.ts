// The example project, run for real: what `test.race` shows is what its users see.
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, installExample, type Project } from "./example-project.ts";

const SENTENCE = "a call runs twice";
const LEASE = "two approvals under a lease";

let project: Project;
let first: Ended;
beforeAll(async () => {
	project = await installExample("race-test");
	first = await project.run("npm test");
}, 120_000);
afterAll(() => project[Symbol.asyncDispose]());

const pictures = () => readdir(join(project.path, ".session-lease"));
const replayLine = () =>
	/^run it again +(SESSION_LEASE_REPLAY=.*)$/m.exec(first.shown)?.[1] ?? "no line to paste";

describe("examples/race-test", () => {
	it("finds the race in the lock, and says so in the scenario's own words", () => {
		expect(first.shown).toContain(SENTENCE);
		expect(first.shown).toMatch(/FAIL .*two approvals under a lock/);
		expect(first.exitCode).toBe(1);
	});

	it("holds under the lease, in every schedule", async () => {
		expect(first.shown).toContain("1 failed | 1 passed");
		const { exitCode, shown } = await project.run(`npx vitest run -t '${LEASE}'`);
		expect(shown).toContain("1 passed | 1 skipped");
		expect(exitCode).toBe(0);
	});

	it("leaves a page and a diagram that show it, and names them", async () => {
		expect(await pictures()).toEqual(["two-approvals-under-a-lock.html", "two-approvals-under-a-lock.mmd"]);
		for (const name of await pictures()) {
			expect(first.shown).toContain(join(".session-lease", name));
			expect(await readFile(join(project.path, ".session-lease", name), "utf8")).toContain(SENTENCE);
		}
	});

	it("fails again, with the same sentence and the same picture, if the line that it prints is pasted back", async () => {
		const page = join(project.path, ".session-lease", "two-approvals-under-a-lock.html");
		const steps = (text: string) => text.match(/runs pay/g)?.length;
		const before = await readFile(page, "utf8");
		await rm(join(project.path, ".session-lease"), { recursive: true });
		const { exitCode, shown } = await project.run(replayLine());
		expect(shown).toContain(SENTENCE);
		expect(shown).toContain(replayLine());
		expect(shown).toContain("1 failed | 1 skipped");
		expect(exitCode).toBe(1);
		expect(steps(await readFile(page, "utf8"))).toBe(steps(before));
	});
});
