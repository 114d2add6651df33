import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`src/${path}`, import.meta.url));

const config: ViteUserConfig = defineConfig({
	resolve: {
		alias: [
			{ find: /^session-lease$/, replacement: source("index.ts") },
			{ find: /^session-lease\/iii$/, replacement: source("turn/index.ts") },
			{ find: /^session-lease\/engine$/, replacement: source("engine/index.ts") },
			{ find: /^session-lease\/recipes$/, replacement: source("recipes/index.ts") },
			{ find: /^session-lease\/explore$/, replacement: source("explore.ts") },
			{ find: /^session-lease\/vitest$/, replacement: source("vitest/index.ts") },
			{ find: /^session-lease\/stores$/, replacement: source("stores/index.ts") },
			{ find: /^session-lease\/queues$/, replacement: source("queues/index.ts") },
			{ find: /^session-lease\/conformance$/, replacement: source("conformance/index.ts") },
			{ find: /^session-lease\/history$/, replacement: source("history/index.ts") },
		],
	},
	test: {
		include: ["tests/**/*.test.ts"],
		reporters: ["default", "./tests/summary-reporter.ts"],
		testTimeout: 120_000,
		// One more than the two cores that this is meant for: some files do nothing but wait for processes.
		maxWorkers: 3,
		// Modules are loaded once a worker, not once a file; what a test has replaced is put back before the next one.
		isolate: false,
		restoreMocks: true,
		// iii-sdk tells the console of each connection that it has, has lost, and cannot have.
		onConsoleLog: (text) => !/^\[(iii|OTel)\]/.test(text),
	},
});
export default config;
