// A lease that counts at the root of a key, beside this library's, on a real iii engine with its state in Redis and not.
import { describe, expect, it } from "vitest";
import { countingDoor, insideAtOnce, leaseDoor } from "../support/doors.ts";
import { engineBinary, redisBinary, startEngine, tellNotTested } from "./iii-engine.ts";

const WORKERS = 5;

if (engineBinary === undefined) tellNotTested("leases on a real iii engine", "III_ENGINE names no binary");
else if (redisBinary === undefined) tellNotTested("leases on Redis", "no redis-server is on the PATH");

describe.skipIf(engineBinary === undefined)("of five workers that come at once to a real iii engine", () => {
	for (const [state, counted] of [
		["redis", WORKERS],
		["kv", 1],
	] as const) {
		it.skipIf(state === "redis" && redisBinary === undefined)(
			`a counter lets ${counted} in on ${state}, this library's lease one`,
			async () => {
				const engine = await startEngine(engineBinary as string, { state });
				try {
					const clients = Array.from({ length: WORKERS }, () => engine.connect());
					const counting = clients.map((client) => countingDoor(client, "s"));
					expect(await insideAtOnce(counting, 3)).toEqual([counted, counted, counted]);
					const leasing = clients.map((client) => leaseDoor(client, "s"));
					expect(await insideAtOnce(leasing, 3)).toEqual([1, 1, 1]);
				} finally {
					await engine.stop();
				}
			},
			60_000,
		);
	}
});
