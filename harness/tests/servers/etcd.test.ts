import { Etcd3 } from "etcd3";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { conform } from "../../src/conformance/conform.ts";
import { keysOf } from "../../src/conformance/listed.ts";
import { outcomeOf } from "../../src/conformance/outcome.ts";
import { startRelay } from "../../src/conformance/relay.ts";
import type { FieldOp } from "../../src/lease/atomic-store.ts";
import { etcdStore } from "../../src/stores/etcd-store.ts";
import { openEtcd } from "../../src/stores/open-etcd.ts";
import { realWait } from "../../src/system/real-time.ts";
import { startSilentServer } from "../support/silent-server.ts";
import { expectCrowdIsCounted } from "./crowd.ts";
import { etcdPort, plainClient, urlOf } from "./etcd-port.ts";
import { etcdProgram, startEtcd } from "./etcd-server.ts";
import { expectKeptOverKill } from "./killed-server.ts";
import { isLong, notTested, type TestServer } from "./test-server.ts";

const COUNT: readonly FieldOp[] = [{ op: "increment", field: "n", by: 1 }];
const set = (value: string): FieldOp[] => [{ op: "set", field: "text", value }];

if (etcdProgram === undefined) notTested("etcd", "there is no `etcd` on the PATH, and none in ETCD");

describe.skipIf(etcdProgram === undefined)("etcd", () => {
	let server: TestServer;
	beforeAll(async () => {
		server = await startEtcd();
	});
	afterAll(() => server.stop());

	conform(
		{ describe, it, expect },
		etcdPort(() => server),
	);

	it("takes one call for a batch on a record that it knows as it is, and two for any other", async () => {
		const calls: string[] = [];
		const { host, port } = server;
		const client = new Etcd3({
			hosts: `${host}:${port}`,
			defaultCallOptions: ({ method }) => {
				calls.push(method);
				return {};
			},
		});
		const store = etcdStore(client, { prefix: "calls/" });
		await store.update("k", COUNT);
		await store.update("k", COUNT);
		const other = plainClient(server);
		await other.put("calls/k").value('{"n":7}');
		expect(await store.update("k", COUNT)).toEqual({ n: 7 });
		expect(calls).toEqual(["range", "txn", "txn", "txn", "txn"]);
		for (const opened of [client, other]) opened.close();
	});

	it("tells a swap as unknown that a client of the caller's has sent twice", async () => {
		const relay = await startRelay(server);
		const client = plainClient(relay);
		const store = etcdStore(client, { prefix: "repeated/", timeoutMs: 10_000 });
		await store.update("k", COUNT);
		relay.holdAnswers();
		const outcome = outcomeOf(store.update("k", COUNT));
		await expect.poll(() => relay.heldBytes(), { timeout: 5_000 }).toBeGreaterThan(0);
		// The first copy is carried out and its answer lost; etcd3 sends another, which finds the record changed.
		relay.drop();
		relay.restore();
		expect(await outcome).toEqual({ unknown: expect.stringContaining("sent the swap twice") });
		expect(await store.read("k")).toEqual({ n: 2 });
		client.close();
		await relay.close();
	});

	it("ends a call that is not answered in time, and does not know what became of it", async () => {
		const relay = await startRelay(server);
		const client = plainClient(relay);
		const store = etcdStore(client, { prefix: "late/", timeoutMs: 200 });
		await store.update("k", COUNT);
		relay.holdAnswers();
		const outcome = outcomeOf(store.update("k", COUNT)).then(Object.keys);
		const later = realWait(10_000, { background: true }).then(() => "nothing after 10 s");
		expect(await Promise.race([outcome, later])).toEqual(["unknown"]);
		client.close();
		await relay.close();
	});

	it("refuses for good what is too large for etcd's gRPC server as well", async () => {
		const store = await openEtcd(urlOf(server, "large"));
		const refusal = store.update("k", set("x".repeat(3_000_000)));
		await expect(refusal).rejects.toMatchObject({ code: "store_answer_invalid" });
		expect(await store.read("k")).toEqual({});
		await store.close();
	});

	it("keeps records of other prefixes apart, and bytes that are no text out of its list", async () => {
		const [a, b] = [await openEtcd(urlOf(server, "a")), await openEtcd(urlOf(server, "b"))];
		for (const key of ["k", "\ufffd"]) await a.update(key, set("of a"));
		const client = plainClient(server);
		await client.put(Buffer.from([...Buffer.from("a/"), 0xff])).value("1");
		client.close();
		expect([await b.read("k"), await keysOf(a), await keysOf(b)]).toEqual([{}, ["k", "\ufffd"], []]);
		for (const store of [a, b]) await store.close();
	});

	it("finds with the same client what was acknowledged before etcd was killed", async () => {
		const store = await openEtcd(urlOf(server, "killed"));
		await expectKeptOverKill(store, server);
		await store.close();
	});
});

describe("openEtcd", () => {
	it.each([
		"etcd://127.0.0.1:",
		"etcd://127.0.0.1:2379,",
		"http://127.0.0.1:2379",
		"etcd://user:%zz@127.0.0.1:2379",
		"etcd://127.0.0.1:2379/a?b=1",
	])("refuses the URL %s", async (url) => {
		await expect(openEtcd(url)).rejects.toMatchObject({
			code: "option_invalid",
			message: expect.stringContaining("Expected a URL as in `etcd://127.0.0.1:2379/session_lease`"),
		});
	});

	it("says at once that nobody listens, and never the password", async () => {
		const opening = openEtcd("etcd://user:secret@127.0.0.1:1,127.0.0.1:2");
		await expect(opening).rejects.toMatchObject({
			code: "store_unavailable",
			message: expect.stringMatching(
				/^etcd at etcd:\/\/127\.0\.0\.1:1,127\.0\.0\.1:2 cannot be used: (?!.*secret)/,
			),
		});
	});

	it("gives up on a server that says nothing", async () => {
		const silent = await startSilentServer();
		await expect(openEtcd(`etcd://127.0.0.1:${silent.port}`, { timeoutMs: 200 })).rejects.toMatchObject({
			code: "store_unavailable",
		});
		await silent.close();
	});
});

if (!isLong)
	process.stdout.write("not tested: etcd under load, and full (SESSION_LEASE_SERVERS is not `all`)\n");

describe.skipIf(!isLong || etcdProgram === undefined)("etcd, at length", () => {
	it("answers each of 20 clients' 20 batches with another number", async () => {
		const server = await startEtcd();
		onTestFinished(() => server.stop());
		await expectCrowdIsCounted(() => openEtcd(urlOf(server, "crowd")));
	});

	it("lists more records than a page holds", async () => {
		const server = await startEtcd();
		onTestFinished(() => server.stop());
		const store = await openEtcd(urlOf(server, "pages"));
		const keys = Array.from({ length: 2_001 }, (_, index) => `k${index}`);
		for (let at = 0; at < keys.length; at += 100) {
			await Promise.all(keys.slice(at, at + 100).map((key) => store.update(key, COUNT)));
		}
		expect(new Set(await keysOf(store))).toEqual(new Set(keys));
		await store.close();
	});

	it("does not know whether a batch was written that found etcd's database full", async () => {
		const server = await startEtcd({ quotaBytes: 4_000_000 });
		onTestFinished(() => server.stop());
		const store = await openEtcd(urlOf(server, "full"));
		const texts = Array.from({ length: 40 }, (_, n) => `${n}`.padEnd(500_000, "x"));
		let written = "";
		for (const text of texts) {
			const outcome = await outcomeOf(store.update("k", set(text)));
			if ("answer" in outcome) {
				written = text;
				continue;
			}
			expect(outcome).toEqual({ unknown: expect.stringContaining("database space exceeded") });
			expect([written, text]).toContain((await store.read("k")).text);
			await store.close();
			return;
		}
		expect.unreachable("it was never full");
	});
});
