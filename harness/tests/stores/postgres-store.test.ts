// The PostgreSQL store without a server: what it asks, and what it makes of answers and errors.
import { describe, expect, it } from "vitest";
import type { FieldOp } from "../../src/lease/atomic-store.ts";
import { postgresSchema } from "../../src/stores/postgres-schema.ts";
import { type PostgresClient, postgresStore } from "../../src/stores/postgres-store.ts";
import { errorOf } from "../support/bench.ts";

const OPS: readonly FieldOp[] = [
	{ op: "increment", field: "bids:1", by: 1 },
	{ op: "setOnce", field: "holder:1", value: { id: "a", until: 5 } },
	{ op: "set", field: "value:1.a.1", value: "zero\0byte" },
	{ op: "remove", field: "value:0.a.1" },
];

class SqlError extends Error {
	readonly code: string;
	constructor(code: string) {
		super(`what PostgreSQL says of ${code}`);
		this.code = code;
	}
}

type Answer = readonly unknown[] | Error;

/** Answers from a list, the last of it again and again, and keeps what it was asked. */
function answering(...answers: Answer[]): PostgresClient & { asked: [string, string[]][] } {
	const asked: [string, string[]][] = [];
	return {
		asked,
		async query(text, values) {
			asked.push([text, values]);
			const answer = answers[Math.min(asked.length, answers.length) - 1];
			if (answer instanceof Error) throw answer;
			return { rows: answer ?? [] };
		},
	};
}

describe("a call", () => {
	it("is one statement with the ops as a text, in which values are texts of their own", async () => {
		const client = answering([{ answer: '{"bids:1": "3", "value:0.a.1": "\\"\\\\u0000\\""}' }]);
		expect(await postgresStore(client).update("s", OPS)).toEqual({ "bids:1": 3, "value:0.a.1": "\0" });
		expect(client.asked).toEqual([['call "session_lease_update_v1"($1, $2)', ["s", expect.any(String)]]]);
		expect(JSON.parse(client.asked[0]?.[1][1] ?? "")).toEqual([
			["increment", "bids:1", 1],
			["setOnce", "holder:1", '{"id":"a","until":5}'],
			["set", "value:1.a.1", '"zero\\u0000byte"'],
			["remove", "value:0.a.1"],
		]);
	});

	it.each([
		["no row", []],
		["a row without the record", [{}]],
		["a record that the driver was told to parse", [{ answer: {} }]],
	])("assumes nothing of an answer with %s", async (_, rows) => {
		expect(await errorOf(postgresStore(answering(rows)).update("s", OPS))).toMatchObject({
			code: "store_answer_invalid",
		});
	});
});

describe("an error", () => {
	const failing = (error: Error) =>
		errorOf(postgresStore(answering(error), { setUp: false }).update("s", OPS));

	it.each(["40001", "40P01", "55P03", "57014", "25006", "53300", "57P03"])(
		"%s says that nothing was done, and that it may be later",
		async (code) => {
			const cause = new SqlError(code);
			expect(await failing(cause)).toMatchObject({ code: "store_unavailable", transient: true, cause });
		},
	);

	it.each(["SL001", "22P02"])("%s says that the record is none of a lease's", async (code) => {
		expect(await failing(new SqlError(code))).toMatchObject({ code: "record_invalid" });
	});

	it.each([
		"42501",
		"42883",
		"42P01",
		"42703",
		"28P01",
		"3D000",
		"3F000",
		"2D000",
		"25P02",
		"54000",
		"22021",
		"23514",
		"P0001",
	])("%s says that nothing was done, and would not be next time", async (code) => {
		const cause = new SqlError(code);
		expect(await failing(cause)).toMatchObject({
			name: "StoreAnswerError",
			code: "store_answer_invalid",
			cause,
		});
	});

	it.each([
		"25P03",
		"25P04",
		"40003",
		"08006",
		"08003",
		"08P01",
		"57P01",
		"57P02",
		"57P05",
		"53100",
		"53200",
		"58030",
		"XX000",
		"EPIPE",
	])("%s leaves it unknown", async (code) => {
		const cause = new SqlError(code);
		expect(await failing(cause)).toBe(cause);
	});

	it("of a connection that was never made says that nothing was done, of one that broke it does not", async () => {
		const refused = Object.assign(new Error("connect ECONNREFUSED"), { syscall: "connect" });
		const notFound = Object.assign(new Error("getaddrinfo ENOTFOUND"), { syscall: "getaddrinfo" });
		const reset = Object.assign(new Error("read ECONNRESET"), { syscall: "read", code: "ECONNRESET" });
		for (const error of [refused, notFound, new AggregateError([refused, refused])]) {
			expect(await failing(error)).toMatchObject({ code: "store_unavailable" });
		}
		for (const error of [
			reset,
			new AggregateError([refused, reset]),
			new AggregateError([]),
			new Error("odd"),
		]) {
			expect(await failing(error)).toBe(error);
		}
	});
});

describe("setting up", () => {
	const absent = new SqlError("42883");

	it("happens when something is missing, and the same is asked again", async () => {
		const client = answering(absent, [], [{ answer: "{}" }]);
		expect(await postgresStore(client, { table: "of.mine" }).update("s", OPS)).toEqual({});
		const [first, second, third] = client.asked;
		expect(second?.[0]).toContain(postgresSchema("of.mine"));
		expect([client.asked.length, third]).toEqual([3, first]);
	});

	it.each([
		["42501", "store_answer_invalid"],
		["55P03", "store_unavailable"],
		["57P01", "store_unavailable"],
	])("that fails with %s has done nothing of the batch", async (sqlState, code) => {
		const client = answering(absent, new SqlError(sqlState));
		expect(await errorOf(postgresStore(client).update("s", OPS))).toMatchObject({ code });
	});

	it("is tried once a call", async () => {
		const client = answering(absent, [], absent);
		expect(await errorOf(postgresStore(client).update("s", OPS))).toMatchObject({
			code: "store_answer_invalid",
		});
		expect(client.asked).toHaveLength(3);
	});

	it.each(["", "Upper", "a b", 'a"; drop table b; --', "a.b.c", "1a", "a".repeat(51), "$setup$"])(
		"refuses a table by the name of %j",
		async (table) => {
			expect(() => postgresStore(answering([]), { table })).toThrow(/name of a table/);
			expect(() => postgresSchema(table)).toThrow(/name of a table/);
		},
	);
});

it("lists page after page, each behind the last key of the one before", async () => {
	const page = Array.from({ length: 1_000 }, (_, index) => ({ key: `k${index}`, answer: "{}" }));
	const client = answering(page, [{ key: "last", answer: '{"n": "1"}' }]);
	const listed = [];
	for await (const record of postgresStore(client).list()) listed.push(record);
	expect([listed.length, listed.at(-1)]).toEqual([1_001, { key: "last", fields: { n: 1 } }]);
	expect(client.asked.map(([, values]) => values)).toEqual([[""], ["k999"]]);
});
