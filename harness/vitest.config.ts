import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
	test: {
		include: ["tests/**/*.test.ts"],
		reporters: ["default", "./tests/summary-reporter.ts"],
		testTimeout: 120_000,
		maxWorkers: 2,
	},
});
export default config;
