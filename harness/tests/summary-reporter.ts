// Ends a run with the one line that CI reads.
import type { Reporter, TestModule } from "vitest/node";

export default class SummaryReporter implements Reporter {
	onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
		const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
		for (const module of modules) {
			const tests = [...module.children.allTests()];
			// A module that could not be loaded has no tests, and no pass.
			if (module.state() === "failed" && !tests.some((test) => test.result().state === "failed"))
				count.failed++;
			for (const test of tests) {
				const { state } = test.result();
				if (state === "passed" && test.options.fails)
					throw new Error(`A test that is to fail counts as none: ${test.fullName}`);
				if (state === "passed" || state === "failed") count[state]++;
				else count.skipped++;
			}
		}
		process.once("exit", () => {
			process.stdout.write(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
		});
	}
}
