import { expect, it } from "vitest";
import { endingWith } from "../../src/stores/nats-connection.ts";
import type { NatsBucket } from "../../src/stores/nats-store.ts";

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** A bucket that answers nothing, on a connection whose fate is told by `tell`. */
function createBucket() {
	let sent = 0;
	let answers = false;
	let wake = (): void => undefined;
	const told: string[] = [];
	const silent: NatsBucket = {
		get: () => {
			sent++;
			return answers ? Promise.resolve(null) : never();
		},
		put: () => never(),
		keys: async () => ({ [Symbol.asyncIterator]: () => ({ next: () => never<IteratorResult<string>>() }) }),
	};
	const connection = {
		async *status() {
			for (;;) {
				const type = told.shift();
				if (type !== undefined) yield { type };
				else await new Promise<void>((resolve) => (wake = resolve));
			}
		},
	};
	return {
		bucket: endingWith(connection, silent),
		sent: () => sent,
		/** Resolves when it has been heard. */
		async tell(type: string) {
			told.push(type);
			wake();
			await new Promise((resolve) => setImmediate(resolve));
		},
		answer: () => {
			answers = true;
		},
	};
}

it("ends what is under way when the connection is lost, as nobody knows what became of it", async () => {
	const { bucket, tell } = createBucket();
	const next = (await bucket.keys())[Symbol.asyncIterator]().next();
	const calls = [bucket.get("k"), bucket.put("k", "{}", { previousSeq: 0, timeout: 1_000 }), next];
	const outcomes = Promise.allSettled(calls);
	await tell("disconnect");
	const lost = {
		status: "rejected",
		reason: new Error("The connection to NATS was lost before the answer came."),
	};
	expect(await outcomes).toEqual([lost, lost, lost]);
});

it("sends nothing while there is no connection, says so, and goes on when there is one again", async () => {
	const { bucket, tell, sent, answer } = createBucket();
	answer();
	await tell("disconnect");
	await expect(bucket.get("k")).rejects.toMatchObject({ code: "store_unavailable" });
	expect(sent()).toBe(0);
	await tell("reconnect");
	expect(await bucket.get("k")).toBe(null);
});

it("counts losses, once each", async () => {
	const { bucket, tell } = createBucket();
	const counts = [bucket.losses()];
	for (const type of ["disconnect", "reconnecting", "reconnect", "disconnect"]) {
		await tell(type);
		counts.push(bucket.losses());
	}
	expect(counts).toEqual([0, 1, 1, 1, 2]);
});

it.each(["ends", "fails"])("takes a connection for lost whose status %s", async (how) => {
	let end = (): void => undefined;
	const ended = new Promise<void>((resolve) => (end = resolve));
	const connection = {
		async *status() {
			await ended;
			if (how === "fails") throw new Error("It is no connection.");
			yield* [];
		},
	};
	const bucket = endingWith(connection, {
		get: () => never(),
		put: () => never(),
		keys: () => never(),
	});
	const call = bucket.get("k");
	end();
	await expect(call).rejects.toThrow("The connection to NATS was lost");
	expect(bucket.losses()).toBe(1);
});
