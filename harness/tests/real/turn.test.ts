// Parallel approvals on a real iii engine (state, triggers, streams and queue in one process), over the real SDK.
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createLeases, type LeaseEvent, realPorts } from "../../src/index.ts";
import {
	type IIIClient,
	iiiStore,
	type RegisteredTurn,
	registerTurn,
	type TurnRecord,
} from "../../src/turn/index.ts";

import { describeOnEngines } from "./iii-engine.ts";
import { type QueueProvider, startQueueProvider } from "./queue-provider.ts";

interface Worker {
	readonly iii: IIIClient;
	readonly turn: RegisteredTurn;
	readonly name: string;
}

describeOnEngines("a turn", (engine) => {
	let provider: QueueProvider | undefined;
	const runs = new Map<string, number>();
	const events: LeaseEvent[] = [];

	beforeAll(async () => {
		provider = await startQueueProvider(engine().url);
	}, 30_000);
	afterAll(() => provider?.stop());

	const startWorker = (name: string): Worker => {
		const iii: IIIClient = engine().connect();
		const store = iiiStore(iii, { startup: { retry: realPorts.retry } });
		const turn = registerTurn(iii, {
			leases: createLeases<TurnRecord>({ store, owner: name, observe: (event) => events.push(event) }),
			functions: {
				needsApproval: ({ id }) => id !== "call_0",
				isIdempotent: () => false,
				async run({ id }) {
					runs.set(id, (runs.get(id) ?? 0) + 1);
					await pause(20);
					return { ran: id };
				},
			},
			nowMs: realPorts.clock.wallMs,
			newId: realPorts.newId,
			worker: name,
		});
		return { iii, turn, name };
	};

	it("runs each approved call once and ends once, whoever is woken in whatever order", async () => {
		const session_id = randomUUID();
		const workers = ["a", "b", "c"].map(startWorker) as [Worker, Worker, Worker];
		const ids = Array.from({ length: 7 }, (_, index) => `call_${index}`);
		const content = ids.map((id) => ({
			type: "function_call" as const,
			id,
			function_id: "agent_trigger",
			arguments: { function: "shop::act", payload: { id } },
		}));
		await workers[0].turn.start(session_id, { role: "assistant", content, stop_reason: "function_call" });
		const resolve = (id: string, index: number) => {
			const { iii, name } = workers[index % workers.length] as Worker;
			const payload = { session_id, function_call_id: id, decision: id === "call_4" ? "deny" : "allow" };
			return iii.trigger({ function_id: `approval::resolve::${name}`, payload });
		};
		const answers = await Promise.all(ids.slice(1).map(resolve));
		expect(answers).toEqual(ids.slice(1).map(() => ({ ok: true })));

		const { iii, name } = workers[1];
		const read = (): Promise<TurnRecord> =>
			iii.trigger({ function_id: `turn::get_state::${name}`, payload: { session_id } });
		let record = await read();
		for (let look = 0; record.state !== "stopped" && look < 300; look++) {
			await pause(100);
			record = await read();
		}
		expect(record.state).toBe("stopped");
		expect(Object.fromEntries(runs)).toEqual(
			Object.fromEntries(ids.filter((id) => id !== "call_4").map((id) => [id, 1])),
		);
		const stream = { stream_name: "agent::events", group_id: session_id };
		const items: { type: string }[] = await iii.trigger({ function_id: "stream::list", payload: stream });
		expect(items.filter(({ type }) => type === "turn_end")).toHaveLength(1);
		const granted = events.filter(({ type }) => type === "granted").map(({ epoch }) => epoch);
		expect(new Set(granted).size).toBe(granted.length);
	}, 60_000);

	it("decides by a plain record that somebody else has set: the state trigger wakes the session", async () => {
		const session_id = randomUUID();
		const worker = startWorker("d");
		const content = [{ type: "function_call" as const, id: "plain_1", function_id: "act", arguments: {} }];
		await worker.turn.start(session_id, { role: "assistant", content, stop_reason: "function_call" });
		const value = { decision: "allow", reason: null };
		const payload = { scope: "approvals", key: `${session_id}/plain_1`, value };
		await worker.iii.trigger({ function_id: "state::set", payload });
		const state = async () =>
			(await worker.iii.trigger({ function_id: "turn::get_state::d", payload: { session_id } })).state;
		for (let look = 0; (await state()) !== "stopped" && look < 300; look++) await pause(100);
		expect(await state()).toBe("stopped");
		expect(runs.get("plain_1")).toBe(1);
	}, 60_000);
});
