// What the errors of etcd's client say about the batch that they end, as they are worded by etcd and by grpc-js.
import { describe, expect, it } from "vitest";
import { outcomeOf } from "../../src/conformance/outcome.ts";
import { type EtcdClient, etcdStore } from "../../src/stores/etcd-store.ts";
import { errorOf } from "../support/bench.ts";

/** Reads are answered with no record, and transactions end in this error. */
function failing(message: string): EtcdClient {
	const get = { options: () => get, exec: async () => ({ kvs: [] }), op: async () => ({}) };
	const transaction = {
		// biome-ignore lint/suspicious/noThenProperty: so it is called in etcd3, and nobody awaits it
		then: () => transaction,
		else: () => transaction,
		options: () => transaction,
		commit: () => Promise.reject(new Error(message)),
	};
	return {
		get: () => get,
		getAll: () => {
			throw new Error("It is not asked for.");
		},
		put: () => ({ value: () => ({ op: async () => ({}) }) }),
		if: () => transaction,
	};
}

const update = (message: string) =>
	etcdStore(failing(message)).update("k", [{ op: "increment", field: "n", by: 1 }]);

describe("an error of etcd", () => {
	it.each([
		"8 RESOURCE_EXHAUSTED: etcdserver: too many requests",
		"7 PERMISSION_DENIED: etcdserver: permission denied",
		"3 INVALID_ARGUMENT: etcdserver: user name is empty",
		"14 UNAVAILABLE: No connection established. Last error: connect ECONNREFUSED 127.0.0.1:2379",
		"14 UNAVAILABLE: Name resolution failed for target dns:etcd1:2379",
	])("%s: nothing was written", async (message) => {
		expect(await outcomeOf(update(message))).toEqual({ certainlyNot: "store_unavailable" });
	});

	it.each([
		// It may have been applied, with this answer.
		"8 RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded",
		"14 UNAVAILABLE: etcdserver: request timed out",
		"14 UNAVAILABLE: etcdserver: leader changed",
		"14 UNAVAILABLE: Connection dropped",
		"4 DEADLINE_EXCEEDED: Deadline exceeded after 2.001s",
	])("%s: nobody knows", async (message) => {
		expect(await outcomeOf(update(message))).toEqual({ unknown: `Error: ${message}` });
	});

	it.each([
		"3 INVALID_ARGUMENT: etcdserver: request is too large",
		"8 RESOURCE_EXHAUSTED: grpc: received message larger than max (9 vs. 8)",
	])("%s: it never will be", async (message) => {
		expect(await errorOf(update(message))).toMatchObject({ code: "store_answer_invalid" });
	});
});
