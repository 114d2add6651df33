// etcd by several addresses, of which one is nobody's.
import { Etcd3 } from "etcd3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { outcomeOf } from "../../src/conformance/outcome.ts";
import { type Relay, startRelay } from "../../src/conformance/relay.ts";
import type { FieldOp } from "../../src/lease/atomic-store.ts";
import { etcdStore } from "../../src/stores/etcd-store.ts";
import { openEtcd } from "../../src/stores/open-etcd.ts";
import { plainClient } from "./etcd-port.ts";
import { etcdProgram, startEtcd } from "./etcd-server.ts";
import type { TestServer } from "./test-server.ts";

const COUNT: readonly FieldOp[] = [{ op: "increment", field: "n", by: 1 }];
const NOBODY = "127.0.0.1:1";
/** More than HTTP/2 says of itself, less than any answer. */
const PING_BYTES = 60;

describe.skipIf(etcdProgram === undefined)("etcd by several addresses", () => {
	let server: TestServer;
	let relays: Relay[];
	let alive: string[];
	beforeAll(async () => {
		server = await startEtcd();
		relays = [await startRelay(server), await startRelay(server)];
		alive = relays.map(({ host, port }) => `${host}:${port}`);
	});
	afterAll(async () => {
		for (const relay of relays) await relay.close();
		await server.stop();
	});

	it.each([
		{ name: "the first of two", hosts: () => [NOBODY, ...alive.slice(1)] },
		{ name: "one of three", hosts: () => [...alive, NOBODY] },
	])("opens and answers every time while $name is down", async ({ name, hosts }) => {
		const outcomes: unknown[] = [];
		for (let opened = 0; opened < 20; opened++) {
			const store = await openEtcd(`etcd://${hosts().join(",")}/${name.replaceAll(" ", "_")}`);
			for (let n = 0; n < 5; n++) outcomes.push(await outcomeOf(store.update("k", COUNT)));
			await store.close();
		}
		const counts = outcomes.map((_, n) => ({ answer: n === 0 ? {} : { n } }));
		expect(outcomes).toEqual(counts);
	});

	it("answers all of a hundred calls at once", async () => {
		const store = await openEtcd(`etcd://${[NOBODY, ...alive].join(",")}/at_once`);
		const keys = Array.from({ length: 100 }, (_, n) => `k${n}`);
		const outcomes = await Promise.all(keys.map((key) => outcomeOf(store.update(key, COUNT))));
		expect(outcomes).toEqual(keys.map(() => ({ answer: {} })));
		await store.close();
	});

	it("sends nothing to another member that may have been carried out", async () => {
		const store = await openEtcd(`etcd://${alive.join(",")}/once`);
		// Enough for a connection to either.
		for (let n = 0; n < 30; n++) await store.update("k", COUNT);
		for (const relay of relays) relay.holdAnswers();
		const outcome = outcomeOf(store.update("k", COUNT));
		const other = plainClient(server);
		await expect.poll(() => other.get("once/k").string()).toBe('{"n":31}');
		other.close();
		const answered = () => relays.find((relay) => relay.heldBytes() > PING_BYTES);
		await expect.poll(() => answered() !== undefined).toBe(true);
		// The other one's connection stays.
		answered()?.drop();
		for (const relay of relays) relay.restore();
		// Of a second copy it would say so.
		expect(await outcome).toEqual({ unknown: expect.stringMatching(/14 UNAVAILABLE: (?!No connection)/) });
		expect(await store.read("k")).toEqual({ n: 31 });
		await store.close();
	});

	it("knows of a client of the caller's as well what was sent just once", async () => {
		const client = new Etcd3({ hosts: [NOBODY, ...alive.slice(1)] });
		const store = etcdStore(client, { prefix: "theirs/" });
		const other = plainClient(server);
		const outcomes: unknown[] = [];
		for (let n = 0; n < 20; n++) {
			await other.put("theirs/k").value(JSON.stringify({ n }));
			outcomes.push(await outcomeOf(store.update("k", COUNT)));
		}
		expect(outcomes).toEqual(outcomes.map((_, n) => ({ answer: { n } })));
		for (const opened of [client, other]) opened.close();
	});
});
