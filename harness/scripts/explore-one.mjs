// Explores one scenario, named by the process that started this one, and sends it the report.
import { readScenario } from "../dist/cli/scenario-module.js";
import { explore } from "../dist/explore.js";

process.once("disconnect", () => process.exit());
process.once("message", async ({ name, options }) => {
	process.send(await explore(await readScenario(undefined, name), options), () => process.disconnect());
});
