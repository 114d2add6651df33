// A process that opens the store at a URL, counts once if it can, closes it, and has nothing more to do: it has to end.
import { openStore } from "../../dist/stores/index.js";

const [url] = process.argv.slice(2);
try {
	const store = await openStore(url, { timeoutMs: 500 });
	await store.update("s", [{ op: "increment", field: "n", by: 1 }]);
	// The test goes on when it has read this.
	process.stdout.write("updated\n");
	await new Promise((resolve) => process.stdin.once("data", resolve));
	process.stdin.destroy();
	await store.close();
	process.stdout.write("closed\n");
} catch (error) {
	process.stdout.write(`${error.code}\n`);
}
