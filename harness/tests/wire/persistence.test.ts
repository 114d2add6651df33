// What outlives an engine: the journal, which forgets nothing, and the state file, which forgets what it has not flushed.
import {
	appendFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Json, QueueConfig } from "../../src/engine/index.ts";
import { foldChanges } from "../../src/engine/persistence.ts";
import type { Processes } from "../../src/system/processes.ts";
import { readChanges } from "../../src/wire/change-lines.ts";
import { type JournalOptions, type OpenPersistence, openJournal } from "../../src/wire/journal.ts";
import { openStateFile } from "../../src/wire/state-file.ts";
import { type Setup, setup } from "../engine/setup.ts";

let folder: string;
let path: string;
let opened: OpenPersistence[];
let processes: number;
beforeEach(() => {
	processes = 0;
	folder = mkdtempSync(join(tmpdir(), "session-lease-test-"));
	path = join(folder, "kept.jsonl");
	opened = [];
});
afterEach(() => {
	for (const persistence of opened) persistence.close();
	rmSync(folder, { recursive: true, force: true });
});

const HANG = () => new Promise<never>(() => undefined);
const HEADER = '{"format":"session-lease-engine","version":1}\n';
const QUEUES: Record<string, QueueConfig> = { q: { max_retries: 1 }, other: {} };

/** A process of which no other is left. */
const nextProcess = (): Processes => ({ id: ++processes, isRunning: () => false });
const open = (options: Partial<JournalOptions> = {}) =>
	openJournal(path, { processes: nextProcess(), ...options });
/** What is in the file. */
const changes = () => [...readChanges(path)];

/** As the next process would, whatever became of the one before. */
function start(queues = QUEUES, options: Partial<JournalOptions> = {}): Setup {
	const persistence = open(options);
	opened.push(persistence);
	return setup({ persistence, queues });
}

/** How often a length was less than the one before. */
const shrunk = (lengths: readonly number[]) =>
	lengths.filter((length, index) => length < (lengths[index - 1] ?? 0)).length;

const write = (key: string, value: unknown) => ["state::set", { scope: "s", key, value }] as const;

describe("the journal", () => {
	it("has every change before it is acknowledged", async () => {
		const { client, call, enqueue, run, engine } = start();
		client.registerFunction("f", async () => undefined);
		await call(...write("a", { list: [1] }));
		expect(changes()).toHaveLength(1);
		const ops = [{ type: "append", path: "list", value: 2 }];
		await call("state::update", { scope: "s", key: "a", ops });
		expect(changes().at(-1)).toEqual({
			change: "set",
			scope: "s",
			key: "a",
			value: { list: [1, 2] },
		});
		await call("state::delete", { scope: "s", key: "a" });
		expect(changes().at(-1)).toEqual({ change: "delete", scope: "s", key: "a" });
		const receipt = (await enqueue("q", "f", { n: 1 })) as { messageReceiptId: string };
		const id = receipt.messageReceiptId;
		await run(engine.idle());
		expect(changes().slice(3)).toEqual([
			{ change: "enqueue", queue: "q", id, function_id: "f", payload: { n: 1 } },
			{ change: "finish", queue: "q", id },
		]);
	});

	it("gives the next engine the state, and delivers again what was not finished", async () => {
		const first = start();
		await first.call(...write("a", "old"));
		await first.call(...write("a", { b: null }));
		await first.call(...write("gone", 1));
		await first.call("state::delete", { scope: "s", key: "gone" });
		first.client.registerFunction("done", async () => undefined);
		first.client.registerFunction("hangs", HANG);
		for (const name of ["done", "hangs"]) await first.enqueue("other", name, { name });

		const second = start();
		expect(second.engine.state("s")).toEqual({ a: { b: null } });
		const heard: unknown[] = [];
		for (const name of ["done", "hangs"]) {
			second.client.registerFunction(name, async (payload) => heard.push(payload));
		}
		await second.run(second.engine.idle());
		expect(heard).toEqual([{ name: "hangs" }]);

		const third = start();
		await third.run(third.engine.idle());
		expect(third.engine.calls()).toEqual({});
	});

	it("keeps dead letters, and that they were sent again", async () => {
		const first = start();
		await first.enqueue("q", "f", { n: 1 });
		await first.run(first.engine.idle());
		const letters = first.engine.deadLetters("q");
		expect(letters).toHaveLength(1);

		const second = start();
		expect(second.engine.deadLetters("q")).toEqual(letters);
		second.client.registerFunction("f", HANG);
		expect(await second.call("iii::queue::redrive", { queue: "q" })).toEqual({ queue: "q", redriven: 1 });

		const third = start();
		expect(third.engine.deadLetters("q")).toEqual([]);
		third.client.registerFunction("f", async () => undefined);
		await third.run(third.engine.idle());
		expect(third.engine.calls()).toEqual({ f: 1 });
	});

	it("is compacted when it is opened, to what still counts", async () => {
		const first = start();
		first.client.registerFunction("f", async () => undefined);
		for (let count = 0; count < 20; count++) {
			await first.call(...write("a", count));
			await first.enqueue("q", "f", {});
		}
		await first.enqueue("q", "missing", {});
		await first.run(first.engine.idle());
		expect(changes()).toHaveLength(62);
		start();
		expect(changes()).toMatchObject([
			{ change: "set", key: "a", value: 19 },
			{ change: "enqueue", function_id: "missing" },
			{ change: "bury" },
		]);
		expect(existsSync(`${path}.new`)).toBe(false);
	});

	it("never grows far past its bound, and has at any time what was acknowledged", async () => {
		const compactAtBytes = 2_000;
		const { client, call, enqueue, run, engine } = start(QUEUES, { compactAtBytes });
		client.registerFunction("f", async () => undefined);
		const lengths: number[] = [];
		for (let count = 0; count < 100; count++) {
			await call(...write(`key ${count % 3}`, { count }));
			await enqueue("q", "f", { count });
			await run(engine.idle());
			const { state, messages } = foldChanges(readChanges(path));
			expect(Object.fromEntries(state.get("s") ?? [])).toEqual(engine.state("s"));
			expect(messages).toEqual([]);
			lengths.push(statSync(path).size);
		}
		expect(Math.max(...lengths)).toBeLessThan(compactAtBytes + 100);
		expect(shrunk(lengths)).toBeGreaterThan(5);
		expect(existsSync(`${path}.new`)).toBe(false);
	});

	it("is not compacted again before it is twice as long as what counts", async () => {
		const { call, enqueue } = start(QUEUES, { compactAtBytes: 100 });
		await enqueue("other", "missing", { n: 1 });
		for (let count = 0; count < 30; count++) await call(...write(`key ${count}`, "x".repeat(100)));
		const lengths: number[] = [];
		for (let count = 0; count < 100; count++) {
			await call(...write("key 0", "y".repeat(100)));
			lengths.push(statSync(path).size);
		}
		expect([1, 2, 3, 4]).toContain(shrunk(lengths));
		const next = start();
		const heard: unknown[] = [];
		next.client.registerFunction("missing", async (payload) => heard.push(payload));
		await next.run(next.engine.idle());
		expect(heard).toEqual([{ n: 1 }]);
		expect(Object.keys(next.engine.state("s"))).toHaveLength(30);
	});

	it("loses nothing if it cannot be compacted, and is when it can", async () => {
		const { call, engine } = start(QUEUES, { compactAtBytes: 500 });
		mkdirSync(`${path}.new`);
		for (let count = 0; count < 20; count++) await call(...write("a", "x".repeat(count)));
		expect(changes()).toHaveLength(20);
		rmSync(`${path}.new`, { recursive: true });
		for (let count = 0; count < 40; count++) await call(...write("a", "y".repeat(count)));
		expect(changes().length).toBeLessThan(40);
		expect(start().engine.state("s")).toEqual(engine.state("s"));
	});

	it("is read whatever its length, line by line", async () => {
		const long = Array.from({ length: 5 }, (_, index) => `${index}`.repeat(700_000));
		const first = start();
		for (const [index, value] of long.entries()) await first.call(...write(`key ${index}`, value));
		expect(Object.values(start().engine.state("s"))).toEqual(long);
	});

	it.each(['{"change":"set","sco', '{"change":"delete","scope":"s","key":"a"}', Buffer.from([0x22, 0xc3])])(
		"passes over a last line that was torn: %s",
		async (torn) => {
			await start().call(...write("a", 1));
			appendFileSync(path, torn);
			const next = start();
			expect(next.engine.state("s")).toEqual({ a: 1 });
			await next.call(...write("b", 2));
			expect(start().engine.state("s")).toEqual({ a: 1, b: 2 });
		},
	);

	it.each([
		["no header", '{"change":"redrive","queue":"q"}\n', "line 1: Expected {"],
		["another version", '{"format":"session-lease-engine","version":2}\n', "line 1: Expected {"],
		[
			"a torn line in the middle",
			`${HEADER}{"chan\n{"change":"redrive","queue":"q"}\n`,
			"line 2: Expected a JSON",
		],
		["an empty line", `${HEADER}\n`, "line 2: Expected a JSON object."],
		[
			"no UTF-8",
			Buffer.concat([
				Buffer.from(`${HEADER}{"change":"redrive","queue":"`),
				Buffer.from([0xff]),
				Buffer.from('"}\n'),
			]),
			"line 2",
		],
		[
			"an unknown change",
			`${HEADER}{"change":"move"}\n`,
			"line 2: Expected `change` to be one of set, delete",
		],
		["a name of no change", `${HEADER}{"change":"toString"}\n`, "line 2: Expected `change`"],
		[
			"a missing field",
			`${HEADER}{"change":"set","scope":"s","key":"k"}\n`,
			"line 2: Expected a field `value`.",
		],
		[
			"a wrong type",
			`${HEADER}{"change":"delete","scope":"s","key":5}\n`,
			"line 2: Expected `key` to be a string.",
		],
		[
			"an unknown field",
			`${HEADER}{"change":"redrive","queue":"q","x":1}\n`,
			"line 2: Expected no field `x`.",
		],
	])("that is malformed keeps the engine from starting, by file and line: %s", (_name, content, issue) => {
		writeFileSync(path, content);
		expect(() => open()).toThrow(expect.objectContaining({ code: "file_unusable" }));
		expect(() => open()).toThrow(`${path}, ${issue}`);
		expect(readFileSync(path)).toEqual(Buffer.from(content));
	});

	it("that cannot be read or written keeps the engine from starting", () => {
		for (const unusable of [folder, join(folder, "missing", "kept.jsonl")]) {
			expect(() => openJournal(unusable, { processes: nextProcess() })).toThrow(
				expect.objectContaining({ code: "file_unusable" }),
			);
			expect(() => openJournal(unusable, { processes: nextProcess() })).toThrow(unusable);
		}
	});

	it("keeps the engine from starting without a queue that it has messages of", async () => {
		const first = start();
		await first.enqueue("other", "f", {});
		expect(() => start({ q: {} })).toThrow("Expected a queue `other`: message id-");
	});

	it("refuses a change that cannot be written as text, and that one only", async () => {
		const { call } = start();
		// As a value that is longer than a text can be.
		const value = { toJSON: () => 1n } as unknown as Json;
		expect(() => opened[0]?.keep({ change: "set", scope: "s", key: "a", value })).toThrow("BigInt");
		await call(...write("b", 2));
		expect(start().engine.state("s")).toEqual({ b: 2 });
	});

	it("that is closed takes nothing more", async () => {
		const first = start();
		opened.pop()?.close();
		const work = first.client.trigger({ function_id: "state::set", payload: write("a", 1)[1] });
		const error = await first.run(work.catch((thrown) => thrown));
		expect(error).toMatchObject({ code: "not_kept", message: `not_kept: ${path} is closed.` });
		expect(first.engine.state("s")).toEqual({});
		expect(changes()).toEqual([]);
	});
});

describe("a file that outlives the engine", () => {
	const FIRST = 7;
	const SECOND = 8;
	/** Those of the processes 7 and 8 that live. */
	const process = (id: number, running: readonly number[]): Processes => ({
		id,
		isRunning: (other) => running.includes(other),
	});
	const openers = [
		["the journal", (of: Processes) => open({ processes: of })],
		[
			"the state file",
			(of: Processes) =>
				openStateFile(path, {
					flushEveryMs: 100,
					wait: () => new Promise(() => undefined),
					processes: of,
					onFailure: () => undefined,
				}),
		],
	] as const;
	const left = () => readdirSync(folder).filter((name) => name.includes("held"));

	it.each(openers)("is one process's at a time, until it is closed: %s", (_name, openFor) => {
		const first = openFor(process(FIRST, [FIRST, SECOND]));
		first.keep({ change: "set", scope: "s", key: "a", value: 1 });
		for (let attempt = 0; attempt < 2; attempt++) {
			expect(() => openFor(process(SECOND, [FIRST, SECOND]))).toThrow(
				expect.objectContaining({
					code: "file_unusable",
					message: `${path} is in use by process 7. If that is no engine, remove ${path}.held-by-7.`,
				}),
			);
		}
		expect(left()).toEqual(["kept.jsonl.held-by-7"]);
		first.close();
		expect(left()).toEqual([]);
		const second = openFor(process(SECOND, [FIRST, SECOND]));
		expect(second.kept.state.get("s")).toEqual(new Map([["a", 1]]));
		second.close();
	});

	it.each(openers)("is taken over from a process that is gone: %s", (_name, openFor) => {
		const first = openFor(process(FIRST, [FIRST]));
		const second = openFor(process(SECOND, [SECOND]));
		expect(left()).toEqual(["kept.jsonl.held-by-8"]);
		expect(() => openFor(process(FIRST, [FIRST, SECOND]))).toThrow("in use by process 8");
		for (const persistence of [first, second]) persistence.close();
	});

	it.each(openers)("is taken over from a former process of the same id: %s", (_name, openFor) => {
		const first = openFor(process(FIRST, [FIRST]));
		const second = openFor(process(FIRST, [FIRST]));
		for (const persistence of [first, second]) persistence.close();
		expect(left()).toEqual([]);
	});

	it.each(openers)("is not held by whoever could not open it: %s", (_name, openFor) => {
		writeFileSync(path, "{}\n");
		expect(() => openFor(process(FIRST, [FIRST]))).toThrow("line 1");
		expect(left()).toEqual([]);
	});
});

describe("the state file", () => {
	const FLUSH_EVERY_MS = 500;
	/** An engine whose file is flushed on its own time. */
	const startFile = (told: string[] = []): Setup & { persistence: OpenPersistence } => {
		const persistence = openStateFile(path, {
			flushEveryMs: FLUSH_EVERY_MS,
			wait: (delayMs, options) => clockOf.time.wait(delayMs, options),
			processes: nextProcess(),
			onFailure: (sentence) => told.push(sentence),
		});
		opened.push(persistence);
		return { ...setup({ persistence, queues: QUEUES, ...clockOf.ports }), persistence };
	};
	let clockOf: { time: Setup["time"]; ports: object };
	beforeEach(() => {
		const { time } = setup();
		clockOf = { time, ports: { clock: time.clock, wait: time.wait } };
	});
	const pass = (ms: number) => clockOf.time.run(clockOf.time.wait(ms));
	const call = (made: Setup, [function_id, payload]: readonly [string, unknown]) =>
		clockOf.time.run(made.client.trigger({ function_id, payload }));

	it("forgets what was acknowledged since its last flush, and nothing before it", async () => {
		const first = startFile();
		await call(first, write("a", 1));
		await call(first, write("gone", 1));
		await call(first, ["state::delete", { scope: "s", key: "gone" }]);
		await pass(FLUSH_EVERY_MS);
		await call(first, write("a", 2));
		await call(first, write("b", 1));
		expect(first.engine.state("s")).toEqual({ a: 2, b: 1 });
		expect(startFile().engine.state("s")).toEqual({ a: 1 });
		await pass(FLUSH_EVERY_MS);
		expect(startFile().engine.state("s")).toEqual({ a: 2, b: 1 });
	});

	it("is flushed when it is closed, and only written if something has changed", async () => {
		const first = startFile();
		await pass(3 * FLUSH_EVERY_MS);
		expect(existsSync(path)).toBe(false);
		await call(first, write("a", 1));
		first.persistence.close();
		expect(startFile().engine.state("s")).toEqual({ a: 1 });
	});

	it("loses the messages", async () => {
		const first = startFile();
		const { client } = first;
		const action = { type: "enqueue", queue: "q" } as const;
		await clockOf.time.run(client.trigger({ function_id: "f", payload: {}, action }));
		first.persistence.close();
		const second = startFile();
		await clockOf.time.run(second.engine.idle());
		expect(second.engine.calls()).toEqual({});
	});

	it("tells when it cannot be written, and is tried again", async () => {
		const told: string[] = [];
		const first = startFile(told);
		await call(first, write("a", 1));
		rmSync(folder, { recursive: true });
		await pass(FLUSH_EVERY_MS);
		expect(told).toEqual([expect.stringContaining(`Cannot write ${path}`)]);
		mkdirSync(folder);
		await pass(FLUSH_EVERY_MS);
		expect(told).toHaveLength(1);
		expect(startFile().engine.state("s")).toEqual({ a: 1 });
	});

	it("is none if it keeps messages, or is malformed", async () => {
		await start().enqueue("other", "f", {});
		expect(() => startFile()).toThrow(`${path} is a journal`);
		writeFileSync(path, "{}\n");
		expect(() => startFile()).toThrow(`${path}, line 1`);
	});

	it("tells what iii's file-based adapter tells of itself", async () => {
		const told = await call(startFile(), ["configuration::get", { id: "iii-state" }]);
		const config = { store_method: "file_based", file_path: path, save_interval_ms: FLUSH_EVERY_MS };
		expect(told).toEqual({ id: "iii-state", value: { adapter: { name: "kv", config } } });
	});
});
