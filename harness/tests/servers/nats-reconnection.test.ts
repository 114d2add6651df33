// NATS KV opened by URL, on its way back to a server: what refusals do to it, and what is left of it once it is closed.
import dns from "node:dns";
import { once } from "node:events";
import { createConnection } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { outcomeOf } from "../../src/conformance/outcome.ts";
import type { FieldOp } from "../../src/lease/atomic-store.ts";
import { openNats } from "../../src/stores/open-nats.ts";
import { type NatsGate, startNatsGate } from "./nats-gate.ts";
import { natsProgram, startNats } from "./nats-server.ts";
import { notTested, type TestServer } from "./test-server.ts";

const COUNT: readonly FieldOp[] = [{ op: "increment", field: "n", by: 1 }];
/** The client tries again after 100 to 200 ms. */
const BACK_MS_MAX = 10_000;

if (natsProgram === undefined) {
	notTested("NATS KV's way back", "there is no `nats-server` on the PATH, and none in NATS_SERVER");
}

async function gateTo(to: { readonly port: number }): Promise<NatsGate> {
	const gate = await startNatsGate(to);
	onTestFinished(() => gate.close());
	return gate;
}

/** From now on names are looked up without an answer, until all are answered with loopback's address. */
function holdLookups() {
	const held: (() => void)[] = [];
	type Done = (error: null, addresses: readonly dns.LookupAddress[]) => void;
	const lookup = (_name: string, _options: dns.LookupAllOptions, done: Done) => {
		held.push(() => done(null, [{ address: "127.0.0.1", family: 4 }]));
	};
	vi.spyOn(dns, "lookup").mockImplementation(lookup as typeof dns.lookup);
	return {
		count: () => held.length,
		answer() {
			for (const answer of held) answer();
		},
	};
}

describe("NATS KV that is opened with a login that is refused", () => {
	it("says so after the first refusal", async () => {
		const gate = await gateTo({ port: 1 });
		gate.refuse(Number.POSITIVE_INFINITY);
		const opening = openNats(`nats://lease:wrong@127.0.0.1:${gate.port}`, { timeoutMs: 60_000 });
		await expect(opening).rejects.toMatchObject({
			code: "store_unavailable",
			message: expect.stringMatching(/cannot be used: (?!.*wrong).*Authorization Violation/),
		});
		// One that asks whether anybody is there, one with the login.
		expect(gate.taken()).toBe(2);
	});
});

describe.skipIf(natsProgram === undefined)("NATS KV on its way back to a server", () => {
	let server: TestServer;
	beforeAll(async () => {
		server = await startNats();
	});
	afterAll(() => server.stop());

	it("outlives a server that refuses its login for a while", async () => {
		const gate = await gateTo(server);
		const store = await openNats(`nats://lease:secret@127.0.0.1:${gate.port}/refused`);
		onTestFinished(() => store.close());
		await store.update("k", COUNT);
		gate.refuse(3);
		gate.drop();
		await expect.poll(() => gate.toRefuse(), { timeout: BACK_MS_MAX }).toBe(0);
		const read = () => outcomeOf(store.read("k"));
		await expect.poll(read, { timeout: BACK_MS_MAX }).toEqual({ answer: { n: 1 } });
	});

	it("connects to nobody any more that it was looking up when it was closed", async () => {
		const gate = await gateTo(server);
		const store = await openNats(`nats://localhost:${gate.port}/looked_up`);
		const lookups = holdLookups();
		gate.drop();
		await expect.poll(() => lookups.count(), { timeout: BACK_MS_MAX }).toBe(1);
		await store.close();
		const before = gate.taken();
		lookups.answer();
		await nextTurn();
		// Whoever connects to an address does so by now, and comes before this one.
		const last = createConnection(gate.port, "127.0.0.1");
		await once(last, "data");
		expect(gate.taken()).toBe(before + 1);
		last.destroy();
	});
});
