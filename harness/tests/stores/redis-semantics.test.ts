// What the redis adapter makes of an increment at the root: a lease that counts there, beside this library's.
import { describe, expect, it } from "vitest";
import type { StateAdapterName } from "../../src/engine/state-adapter.ts";
import { createRetry } from "../../src/system/retry.ts";
import { setup } from "../engine/setup.ts";
import { countingDoor, insideAtOnce, leaseDoor } from "../support/doors.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

const WORKERS = 5;

function workersOn(state: StateAdapterName) {
	const { connect, run, time } = setup({ state });
	let ids = 0;
	const ports = {
		clock: time.clock,
		wait: time.wait,
		retry: createRetry(time.wait),
		newId: () => `lease-${++ids}`,
	};
	const clients = Array.from({ length: WORKERS }, () => connect());
	return { clients, run, ports };
}

describe("of five workers that come at once, again and again", () => {
	it("a counter at the root of a key lets all in on redis, where it is never counted", async () => {
		const { clients, run } = workersOn("redis");
		const doors = clients.map((client) => countingDoor(client, "s"));
		expect(await run(insideAtOnce(doors, 3))).toEqual([WORKERS, WORKERS, WORKERS]);
	});

	it("a counter at the root of a key lets one in on kv, as long as nothing fails", async () => {
		const { clients, run } = workersOn("kv");
		const doors = clients.map((client) => countingDoor(client, "s"));
		expect(await run(insideAtOnce(doors, 3))).toEqual([1, 1, 1]);
	});

	it.each(["redis", "kv"] as const)("this library's lease lets one in on %s", async (state) => {
		const { clients, run, ports } = workersOn(state);
		const doors = clients.map((client) => leaseDoor(client, "s", ports));
		expect(await run(insideAtOnce(doors, 3))).toEqual([1, 1, 1]);
	});
});
