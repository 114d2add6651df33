import { describe, expect, it } from "vitest";
import { createLeases, type Lease, memoryStore } from "../../src/index.ts";
import { trackLeases } from "../../src/worker/held-leases.ts";

const held = () => trackLeases(createLeases<string>({ store: memoryStore() }));

describe("the leases that a process holds", () => {
	it.each<[string, (lease: Lease<string>) => Promise<unknown>]>([
		["released", (lease) => lease.release({ value: "v" })],
		["forgotten", (lease) => lease.forget()],
		["abandoned", (lease) => lease.abandon()],
		["left behind by its scope", (lease) => lease[Symbol.asyncDispose]()],
	])("are counted until each is %s", async (_how, end) => {
		const tracked = held();
		expect(tracked.count).toBe(0);
		const lease = await tracked.leases.acquire("s");
		await lease.write("w");
		expect([tracked.count, lease.value, lease.epoch, lease.signal.aborted]).toEqual([1, "w", 1, false]);
		await end(lease);
		expect(tracked.count).toBe(0);
	});

	it("are held on if there is nothing in a release that can be saved", async () => {
		const tracked = held();
		const lease = await tracked.leases.acquire("s");
		await expect(lease.release({ value: 1n as unknown as string })).rejects.toMatchObject({
			code: "value_invalid",
		});
		expect(tracked.count).toBe(1);
		await tracked.abandonAll();
		expect((await tracked.leases.inspect("s")).deadlineMs).toBe(0);
	});

	it("are granted to nobody any more once they are closed", async () => {
		const tracked = held();
		tracked.close();
		await expect(tracked.leases.acquire("s")).rejects.toMatchObject({ code: "transient" });
		await expect(tracked.leases.acquire("s", { signal: new AbortController().signal })).rejects.toThrow(
			"ending",
		);
		expect((await tracked.leases.inspect("s")).state).toBe("new");
	});

	it("may be asked for by many at once, and all are sent away together", async () => {
		const warnings: Error[] = [];
		const note = (warning: Error) => warnings.push(warning);
		process.on("warning", note);
		const tracked = held();
		await tracked.leases.acquire("s");
		const asked = Array.from({ length: 30 }, () => tracked.leases.acquire("s", { waitMs: 10_000 }));
		const outcomes = Promise.allSettled(asked);
		await new Promise((resolve) => setImmediate(resolve));
		tracked.close();
		const messages = (await outcomes).map((it) => (it.status === "rejected" ? it.reason.message : "granted"));
		expect(new Set(messages)).toEqual(new Set(["This worker is ending. Deliver the message again."]));
		process.off("warning", note);
		expect(warnings).toEqual([]);
		await tracked.abandonAll();
	});
});
