// Every call of a turn to the engine ends, answered or not, well before a lease does.
import { expect, it } from "vitest";
import type { TriggerRequest } from "../../src/stores/iii-client.ts";
import { message, onTurns, SESSION } from "./setup.ts";

it.each([
	{ timeoutMs: undefined, expectedMs: 5_000 },
	{ timeoutMs: 700, expectedMs: 700 },
])("ends every call of a turn after $expectedMs ms at the latest", ({ timeoutMs, expectedMs }) =>
	onTurns({}, async (bench) => {
		const requests: TriggerRequest[] = [];
		const worker = bench.worker("a", {
			...(timeoutMs === undefined ? {} : { timeoutMs }),
			link: (request, apply) => {
				requests.push(request);
				return apply();
			},
		});
		await worker.turn.start(SESSION, message({ c1: "pay" }));
		await worker.resolve("c1", "allow");
		await bench.settled();
		expect(await bench.record()).toMatchObject({ state: "stopped" });
		const asked = requests.filter(({ function_id }) => !function_id.startsWith("approval::resolve"));
		const names = new Set(asked.map(({ function_id }) => function_id.replace(/::a$/, "")));
		expect([...names]).toEqual(
			expect.arrayContaining(["state::update", "state::get", "stream::set", "turn::steering_check"]),
		);
		const limits = asked.map((request) => request.timeoutMs);
		expect(Math.max(...limits.map((limit) => limit ?? Number.POSITIVE_INFINITY))).toBeLessThanOrEqual(5_000);
		const others = asked.filter(({ payload }) => (payload as { scope?: string }).scope !== "session_lease");
		expect(new Set(others.map((request) => request.timeoutMs))).toEqual(new Set([expectedMs]));
	})(),
);
