import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`src/${path}`, import.meta.url));

const config: ViteUserConfig = defineConfig({
	resolve: {
		alias: [
			{ find: /^session-lease$/, replacement: source("index.ts") },
			{ find: /^session-lease\/iii$/, replacement: source("turn/index.ts") },
			{ find: /^session-lease\/engine$/, replacement: source("engine/index.ts") },
			{ find: /^session-lease\/explore$/, replacement: source("explore.ts") },
			{ find: /^session-lease\/vitest$/, replacement: source("vitest/index.ts") },
			{ find: /^session-lease\/history$/, replacement: source("history/index.ts") },
		],
	},
	test: {
		include: ["tests/**/*.test.ts"],
		reporters: ["default", "./tests/summary-reporter.ts"],
		testTimeout: 120_000,
		maxWorkers: 2,
	},
});
export default config;
