// A real DynamoDB server: dynalite from npm.
import { createRequire } from "node:module";
import { startServer, type TestServer } from "./test-server.ts";

/** Its tables are in its folder, so that they are there again after `restart`. */
export function startDynalite(): Promise<TestServer> {
	const program = createRequire(import.meta.url).resolve("dynalite/cli.js");
	return startServer({
		name: "dynalite",
		program: process.execPath,
		parameters: ({ port, folder }) => [
			program,
			...["--host", "127.0.0.1", "--port", String(port), "--path", folder, "--createTableMs", "0"],
		],
		isReady: async ({ port }) => (await fetch(`http://127.0.0.1:${port}/`)).text(),
	});
}
