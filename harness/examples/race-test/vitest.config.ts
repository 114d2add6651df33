// So that vitest looks no further up: without it, it would take the configuration of the package around this example.
import type { ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = {};
export default config;
