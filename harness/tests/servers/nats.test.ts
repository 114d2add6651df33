import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { conform } from "../../src/conformance/conform.ts";
import { keysOf } from "../../src/conformance/listed.ts";
import { outcomeOf } from "../../src/conformance/outcome.ts";
import { type Relay, startRelay } from "../../src/conformance/relay.ts";
import type { FieldOp } from "../../src/lease/atomic-store.ts";
import { natsStore } from "../../src/stores/nats-store.ts";
import { openNats } from "../../src/stores/open-nats.ts";
import { expectCrowdIsCounted } from "./crowd.ts";
import { expectKeptOverKill } from "./killed-server.ts";
import { natsPort, plainBucket, urlOf } from "./nats-port.ts";
import { natsProgram, startNats } from "./nats-server.ts";
import { isLong, notTested, type TestServer } from "./test-server.ts";

const COUNT: readonly FieldOp[] = [{ op: "increment", field: "n", by: 1 }];

if (natsProgram === undefined) {
	notTested("NATS KV", "there is no `nats-server` on the PATH, and none in NATS_SERVER");
}

describe.skipIf(natsProgram === undefined)("NATS KV", () => {
	let server: TestServer;
	beforeAll(async () => {
		server = await startNats();
	});
	afterAll(() => server.stop());

	conform(
		{ describe, it, expect },
		natsPort(() => server),
	);

	it("takes one round trip for a batch on a record that it knows, two for one that it does not, three if it errs", async () => {
		const relay = await startRelay(server);
		const other = await openNats(urlOf(server, "trips"));
		const store = await openNats(urlOf(relay, "trips"));
		await store.update("k", COUNT);
		expect(await roundTrips(relay, () => store.update("k", COUNT))).toBe(1);
		expect(await roundTrips(relay, () => store.read("k"))).toBe(1);
		expect(await roundTrips(relay, () => store.update("new", COUNT))).toBe(2);
		await other.update("k", COUNT);
		expect(await roundTrips(relay, () => store.update("k", COUNT))).toBe(3);
		for (const opened of [store, other]) await opened.close();
		await relay.close();
	});

	it("takes one round trip with a client of the caller's if it has its connection, else two", async () => {
		const relay = await startRelay(server);
		const { connection, kv } = await plainBucket(relay, "theirs");
		const [told, untold] = [natsStore(kv, { connection }), natsStore(kv)];
		await told.update("k", COUNT);
		expect(await roundTrips(relay, () => told.update("k", COUNT))).toBe(1);
		await untold.update("k", COUNT);
		expect(await roundTrips(relay, () => untold.update("k", COUNT))).toBe(2);
		relay.holdAnswers();
		const outcome = outcomeOf(told.update("k", COUNT));
		await expect.poll(() => relay.heldBytes()).toBeGreaterThan(0);
		relay.drop();
		expect(await outcome).toEqual({ unknown: expect.stringContaining("was lost before the answer came") });
		await connection.close();
		await relay.close();
	});

	it("creates a bucket that is kept in files, without history and without gets from followers", async () => {
		const store = await openNats(urlOf(server, "created"));
		const { connection, kv } = await plainBucket(server, "created");
		const { streamInfo } = await kv.status();
		expect(streamInfo.config).toMatchObject({
			allow_direct: false,
			max_msgs_per_subject: 1,
			num_replicas: 1,
			storage: "file",
		});
		await connection.close();
		await store.close();
	});

	it("creates it on as many servers as the URL says", async () => {
		await expect(openNats(`${urlOf(server, "replicated")}?replicas=3`)).rejects.toMatchObject({
			code: "store_unavailable",
			message: expect.stringContaining("replicas > 1 not supported in non-clustered mode"),
		});
	});

	it("takes a record that somebody has deleted as one that is not there, and names that are not its own as nothing", async () => {
		const store = await openNats(urlOf(server, "foreign"));
		const { connection, kv } = await plainBucket(server, "foreign");
		await store.update("k", COUNT);
		await kv.delete("k");
		expect([await store.read("k"), await store.update("k", COUNT)]).toEqual([{}, {}]);
		for (const name of ["a.b", "=!=".replace("!", "YQ"), "a/b"]) await kv.put(name, "1");
		await store.update("ö.b", COUNT);
		expect(await keysOf(store)).toEqual(["k", "ö.b"]);
		await connection.close();
		await store.close();
	});

	it("says that nothing was written to a bucket that is gone", async () => {
		const { connection, kv } = await plainBucket(server, "gone");
		const store = natsStore(kv, { connection });
		await store.update("k", COUNT);
		await kv.destroy();
		await expect(store.update("k", COUNT)).rejects.toMatchObject({
			code: "store_unavailable",
			message: expect.stringContaining("No stream listens for the bucket, so nothing was written"),
		});
		await connection.close();
	});

	it("refuses for good what the bucket does not take", async () => {
		const { connection, kv } = await plainBucket(server, "small", { maxValueSize: 100 });
		const store = natsStore(kv);
		const refusal = store.update("k", [{ op: "set", field: "text", value: "x".repeat(100) }]);
		await expect(refusal).rejects.toMatchObject({ code: "store_answer_invalid" });
		expect(await store.read("k")).toEqual({});
		await connection.close();
	});

	it("ends a list whose connection is lost", async () => {
		const relay = await startRelay(server);
		const store = await openNats(urlOf(relay, "cut"));
		for (const key of ["a", "b"]) await store.update(key, COUNT);
		relay.holdAnswers();
		const outcome = outcomeOf(keysOf(store));
		await expect.poll(() => relay.heldBytes()).toBeGreaterThan(0);
		relay.drop();
		expect("answer" in (await outcome)).toBe(false);
		await store.close();
		await relay.close();
	});

	it("refuses a bucket that lets records expire", async () => {
		const { connection } = await plainBucket(server, "expiring", { ttl: 60_000 });
		await expect(openNats(urlOf(server, "expiring"))).rejects.toMatchObject({
			code: "option_invalid",
			message: expect.stringContaining("drops records after 60000 ms"),
		});
		await connection.close();
	});

	it("refuses a bucket that is kept on other servers than the URL says", async () => {
		const url = urlOf(server, "one_server");
		await (await openNats(`${url}?replicas=1`)).close();
		await expect(openNats(`${url}?replicas=3`)).rejects.toMatchObject({
			code: "option_invalid",
			message: expect.stringContaining("is kept on 1 servers, not on 3"),
		});
	});

	it("finds with the same client what was acknowledged before the server was killed", async () => {
		const store = await openNats(urlOf(server, "killed"));
		await expectKeptOverKill(store, server);
		await store.close();
	});
});

if (!isLong) process.stdout.write("not tested: NATS KV under load (SESSION_LEASE_SERVERS is not `all`)\n");

describe.skipIf(!isLong || natsProgram === undefined)("NATS KV, at length", () => {
	it("answers each of 20 clients' 20 batches with another number", async () => {
		const server = await startNats();
		onTestFinished(() => server.stop());
		await expectCrowdIsCounted(() => openNats(urlOf(server, "crowd")));
	});
});

async function roundTrips(relay: Relay, work: () => Promise<unknown>): Promise<number> {
	const before = relay.counts().roundTrips;
	await work();
	return relay.counts().roundTrips - before;
}
