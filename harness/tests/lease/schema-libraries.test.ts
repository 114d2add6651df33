// The schemas that people have already: anything that speaks Standard Schema.
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createLeases, memoryStore, type StandardSchema } from "../../src/index.ts";

interface Turn {
	state: string;
	count: number;
}

const schemas: Record<string, StandardSchema<Turn>> = {
	zod: z.object({ state: z.string(), count: z.number() }),
	valibot: v.object({ state: v.string(), count: v.number() }),
	arktype: type({ state: "string", count: "number" }),
};

describe.each(Object.entries(schemas))("a schema of %s", (_name, schema) => {
	it("lets a value in that fits, and types it", async () => {
		const leases = createLeases({ store: memoryStore(), schema });
		const first = await leases.acquire("s");
		await first.release({ value: { state: "parked", count: 1 } });
		await using second = await leases.acquire("s");
		const count: number | undefined = second.value?.count;
		expect(count).toBe(1);
	});

	it("keeps a value out that would not load again, and the lease goes on", async () => {
		const leases = createLeases({ store: memoryStore(), schema });
		await using lease = await leases.acquire("s");
		const misfit = { state: "parked", count: "one" } as unknown as Turn;
		await expect(lease.write(misfit)).rejects.toMatchObject({ code: "value_invalid" });
		await lease.release({ value: { state: "parked", count: 1 } });
	});

	it("names what does not fit when it is loaded, and leaves the record as it was", async () => {
		const store = memoryStore();
		const anything = await createLeases<unknown>({ store }).acquire("s");
		await anything.release({ value: { state: "parked", count: "one" } });
		const error = await createLeases({ store, schema })
			.acquire("s")
			.catch((reason: unknown) => reason);
		expect(error).toMatchObject({ code: "value_invalid" });
		expect(String(error)).toContain("count");
		expect((await createLeases({ store }).inspect("s")).valueText).toBe('{"state":"parked","count":"one"}');
	});
});
