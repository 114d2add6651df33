// The main job on an engine behind a URL: the one that `session-lease engine` serves, on real sockets and real time.
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../../src/cli/input-error.ts";
import type { JobReport } from "../../src/job/job-report.ts";
import { realClock, realWait } from "../../src/system/real-time.ts";
import { type ServedEngine, serveEngine } from "../../src/wire/serve-engine.ts";
import { startSilentServer } from "../support/silent-server.ts";
import { createFolder, EXAMPLE, runCli, runProgramHere } from "./run-cli.ts";

const serve = (queues: Parameters<typeof serveEngine>[0]["queues"] = {}) =>
	serveEngine(
		{ port: 0, queues },
		{ clock: realClock, wait: realWait, newId: randomUUID, triggerDelayMs: () => 0 },
	);

/** All connections are closed, and with them their functions are gone. */
async function expectNobodyLeft({ engine }: ServedEngine): Promise<void> {
	const client = engine.connect();
	const isLeft = async () => {
		const list = { function_id: "engine::workers::list", payload: {} };
		return JSON.stringify(await client.trigger(list)).includes("session-lease run");
	};
	await expect.poll(isLeft).toBe(false);
	client.disconnect();
}

const UNSERIALIZED_ATTEMPTS_MAX = 5;

describe("run --url", () => {
	let engine: ServedEngine;
	beforeAll(async () => {
		engine = await serve({ "turn-step": {} });
	});
	afterEach(() => expectNobodyLeft(engine));
	afterAll(() => engine.close());

	it("runs every approved call once, on a session of its own", async () => {
		await using folder = await createFolder();
		const ledger = join(folder.path, "ledger.jsonl");
		const given = ["run", EXAMPLE, "--url", engine.url, "--json", "--workers", "2"];
		const { exitCode, out, error } = await runCli(given, { LEDGER: ledger });
		expect(error.replaceAll(/^\d+ s; .*\n/gm, "")).toBe("");
		const report: JobReport = JSON.parse(out);
		expect(report.verdict.violations).toEqual([]);
		expect(exitCode).toBe(0);
		expect(report.calls.map(({ runs }) => runs)).toEqual([1, 1, 1, 1, 0]);
		expect((await readFile(ledger, "utf8")).trimEnd().split("\n")).toHaveLength(4);
		expect(report.settings.engineUrl).toBe(engine.url);
		expect(report.settings.sessionId).toMatch(/^invoices-march-[0-9a-f]{8}$/);
		expect(Object.keys(engine.engine.state("session_lease"))).toContain(report.settings.sessionId);
		expect(report.deadLetters).toEqual([]);
	}, 30_000);

	it("shows the race without the lease", async () => {
		const given = ["run", EXAMPLE, "--url", engine.url, "--no-serialize", "--json"];
		for (let attempt = 1; attempt <= UNSERIALIZED_ATTEMPTS_MAX; attempt++) {
			const { exitCode, out } = await runProgramHere(given);
			const report: JobReport = JSON.parse(out);
			expect(report.atRest).toBe(true);
			if (Math.max(...report.calls.map(({ runs }) => runs)) < 2) continue;
			expect(exitCode).toBe(2);
			return;
		}
		expect.fail(`No call ran twice in ${UNSERIALIZED_ATTEMPTS_MAX} attempts.`);
	}, 30_000);

	it("ends with its connections when it is interrupted", async () => {
		const interrupted = new AbortController();
		const run = runProgramHere(["run", EXAMPLE, "--url", engine.url], "", interrupted.signal);
		await expect.poll(() => Object.keys(engine.engine.state("session_lease")).length).toBe(2);
		interrupted.abort(new InputError("Enough."));
		expect(await run).toEqual({ exitCode: 1, out: "", error: "session-lease: Enough.\n" });
	}, 30_000);
});

it("ends at once when it is interrupted while its store is being opened", async () => {
	const silent = await startSilentServer();
	const interrupted = new AbortController();
	const given = ["run", EXAMPLE, "--store", `nats://127.0.0.1:${silent.port}`];
	const run = runProgramHere(given, "", interrupted.signal);
	await realWait(100);
	const interruptedAtMs = performance.now();
	interrupted.abort(new InputError("Enough."));
	expect(await run).toEqual({ exitCode: 1, out: "", error: "session-lease: Enough.\n" });
	expect(performance.now() - interruptedAtMs).toBeLessThan(1_000);
	await silent.close();
});

it("ends with its connection when it is interrupted before anything runs", async () => {
	const engine = await serve({ "turn-step": { concurrency: 1 } });
	const client = engine.engine.connect();
	try {
		// The queue is held up, so it is still being waited for.
		let held = false;
		client.registerFunction("holds", () => {
			held = true;
			return new Promise(() => undefined);
		});
		const action = { type: "enqueue", queue: "turn-step" } as const;
		await client.trigger({ function_id: "holds", payload: {}, action });
		await expect.poll(() => held).toBe(true);
		const interrupted = new AbortController();
		const run = runProgramHere(["run", EXAMPLE, "--url", engine.url], "", interrupted.signal);
		await expect.poll(() => engine.engine.calls()["stream::list"]).toBe(1);
		interrupted.abort(new InputError("Enough."));
		expect(await run).toEqual({ exitCode: 1, out: "", error: "session-lease: Enough.\n" });
		await expectNobodyLeft(engine);
	} finally {
		await engine.close();
	}
}, 30_000);

describe("run --url without what it needs", () => {
	async function refusal(url: string): Promise<string> {
		const { exitCode, out, error } = await runProgramHere(["run", EXAMPLE, "--url", url]);
		expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
		expect(error).toMatch(/^session-lease: .+\n( *\S.*\n){0,4}$/);
		return error;
	}

	it("names the queue that is missing", async () => {
		const engine = await serve();
		try {
			expect(await refusal(engine.url)).toContain('has no queue "turn-step"');
			expect(engine.engine.state("session_lease")).toEqual({});
			await expectNobodyLeft(engine);
		} finally {
			await engine.close();
		}
	}, 30_000);

	it("names the engine that is not there", async () => {
		const engine = await serve();
		await engine.close();
		const error = await refusal(engine.url);
		expect(error).toContain(`No iii engine answers at ${engine.url}`);
		expect(error).toContain("ECONNREFUSED");
	}, 30_000);

	it("names a URL that is none", async () => {
		expect(await refusal("http://127.0.0.1:1")).toContain("got `http://127.0.0.1:1`");
	});
});
