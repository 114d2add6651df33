// A test runner that runs nothing by itself: it collects cases, and tells afterwards which failed and why.
import { deepStrictEqual } from "node:assert/strict";
import type { TestRunner } from "../../src/conformance/index.ts";

export interface CollectedRun {
	readonly passed: readonly string[];
	/** By title: the message, without the lines that show a difference in full. */
	readonly failed: Readonly<Record<string, string>>;
}

export interface CollectingRunner extends TestRunner {
	/** Runs the cases whose title has been picked; all of them by default. */
	run(isPicked?: (title: string) => boolean): Promise<CollectedRun>;
}

export function collectingRunner(): CollectingRunner {
	const cases: { readonly title: string; readonly body: () => Promise<void> }[] = [];
	return {
		describe: (_title, body) => body(),
		it: (title, body) => void cases.push({ title, body }),
		expect: (actual) => ({ toEqual: (expected) => deepStrictEqual(actual, expected) }),
		async run(isPicked = () => true) {
			const passed: string[] = [];
			const failed: Record<string, string> = {};
			for (const { title, body } of cases.filter((one) => isPicked(one.title))) {
				try {
					await body();
					passed.push(title);
				} catch (error) {
					failed[title] = (error as Error).message;
				}
			}
			return { passed, failed };
		},
	};
}
