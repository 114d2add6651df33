// A process that increments one record of a SQLite file, and prints each count that it was answered.
// Parameters: the URL of the file, and how often (`Infinity`: until it is killed).
import { setTimeout as pause } from "node:timers/promises";
import { openSqlite } from "../../dist/stores/open-sqlite.js";

const [url, times] = process.argv.slice(2);
const store = await openSqlite(url);
for (let done = 0; done < Number(times); ) {
	try {
		const { n = 0 } = await store.update("shared", [{ op: "increment", field: "n", by: 1 }]);
		process.stdout.write(`${n}\n`);
		done++;
	} catch (error) {
		// As the lease does: nothing was done, so it is sent again.
		if (error.code !== "store_unavailable") throw error;
		process.stdout.write("unavailable\n");
		await pause(25);
	}
}
await store.close();
