import { describe, expect, it } from "vitest";
import type { IIIClient } from "../../src/stores/iii-client.ts";
import { LETTERS_MAX, type ReadLetters, readLetters } from "../../src/survey/dead-letters.ts";
import { verifyQueue } from "../../src/survey/verify-queue.ts";
import { DeadLetterRounds, deadWakes, WAKES_MAX } from "../../src/worker/dead-letters.ts";
import { lettersText, sweepText } from "../../src/worker/housekeeping.ts";
import { BLOCKED_MS, onBench } from "./setup.ts";

const letter = (id: string, payload: unknown, failed_at = 1) => ({ id, failed_at, payload, error: "no" });
const wakeOf = (id: string, session_id: unknown, failed_at = 1) => letter(id, { session_id }, failed_at);

describe("the wakes among dead letters", () => {
	it("are those with a session's id and nothing else", () => {
		const letters = [
			wakeOf("1", "s"),
			wakeOf("2", ""),
			wakeOf("3", 7),
			wakeOf("4", "x".repeat(513)),
			letter("5", { session_id: "s", probe: "p" }),
			letter("6", null),
			letter("7", ["s"]),
			"letter",
			null,
		];
		expect(deadWakes(letters).map(({ sessionId }) => sessionId)).toEqual(["s"]);
	});

	it("are not those of a look at the queue: its messages are no turn's", async () => {
		const dead: unknown[] = [];
		const iii: IIIClient = {
			trigger: async ({ payload }) => dead.push(letter("1", payload)),
			registerFunction: () => ({ unregister: () => undefined }),
			registerTrigger: () => ({ unregister: () => undefined }),
		};
		const options = { queue: "q", functionId: "f", wait: async () => undefined };
		expect(await verifyQueue(iii, options)).toBe("silent");
		expect(dead).toHaveLength(1);
		expect(deadWakes(dead)).toEqual([]);
	});

	it("are read page by page, and no more than so many", async () => {
		const all = Array.from({ length: 2 * LETTERS_MAX }, (_, index) => wakeOf(String(index), "s"));
		const read = pagesOf(all);
		const first = await readLetters(read);
		expect(first).toEqual({ letters: all.slice(0, LETTERS_MAX), nextOffset: LETTERS_MAX });
		const rest = { letters: all.slice(LETTERS_MAX + 10), nextOffset: undefined };
		expect(await readLetters(read, LETTERS_MAX + 10)).toEqual(rest);
		all.length = 120;
		expect(await readLetters(read)).toEqual({ letters: all, nextOffset: undefined });
	});

	it("are not read from an answer that is no list", async () => {
		await expect(readLetters(async () => null)).rejects.toThrow("Expected a list of dead letters, got null.");
		const everything = Array.from({ length: 70 }, (_, index) => index);
		expect((await readLetters(async () => everything)).letters).toEqual(everything);
	});
});

const pagesOf =
	(letters: readonly unknown[]): ReadLetters =>
	async ({ offset, limit }) =>
		letters.slice(offset, offset + limit);

const ROW_ENDS_AFTER_MS = 200_000;

function createRounds() {
	let nowMs = 0;
	const woken: string[] = [];
	const rounds = new DeadLetterRounds({
		monotonicMs: () => nowMs,
		blockedMs: BLOCKED_MS,
		rowEndsAfterMs: ROW_ENDS_AFTER_MS,
	});
	return {
		woken,
		pass(byMs: number) {
			nowMs += byMs;
		},
		round: (letters: readonly unknown[], fail = false) =>
			rounds.round(pagesOf(letters), async (sessionId) => {
				if (fail) throw new Error("queue away");
				woken.push(sessionId);
			}),
	};
}

describe("a round over dead letters", () => {
	it("wakes each session once, and once only as long as its letters stay", async () => {
		const { round, woken } = createRounds();
		const letters = [wakeOf("1", "s"), wakeOf("2", "s"), wakeOf("3", "t")];
		expect((await round(letters)).woken).toEqual(["s", "t"]);
		expect(await round(letters)).toMatchObject({ woken: [], failed: [], left: [] });
		await round([...letters, wakeOf("4", "t")]);
		expect(woken).toEqual(["s", "t", "t"]);
	});

	it("takes a letter that was sent again, and has died again, for another one", async () => {
		const { round, woken } = createRounds();
		await round([wakeOf("1", "s", 1)]);
		await round([wakeOf("1", "s", 2)]);
		expect(woken).toEqual(["s", "s"]);
	});

	it("tries again in the next round what could not be woken", async () => {
		const { round, woken } = createRounds();
		const { failed } = await round([wakeOf("1", "s")], true);
		expect(failed.map(({ sessionId }) => sessionId)).toEqual(["s"]);
		await round([wakeOf("1", "s")]);
		expect(woken).toEqual(["s"]);
	});

	it("leaves a session alone that dies again and again, but not while it may just be held", async () => {
		const { round, woken, pass } = createRounds();
		const letters: unknown[] = [];
		const next = () =>
			round([...letters, letters.push(wakeOf(String(letters.length), "s")) && letters.at(-1)]);
		for (let wake = 0; wake < WAKES_MAX; wake++) await next();
		expect((await next()).woken).toEqual(["s"]);
		pass(2 * BLOCKED_MS + 1);
		expect((await next()).left).toEqual(["s"]);
		expect(await round(letters)).toMatchObject({ woken: [], failed: [], left: [] });
		expect(woken).toHaveLength(WAKES_MAX + 1);
		// Somebody has taken the letters away: it has another chance.
		await round([]);
		expect((await next()).woken).toEqual(["s"]);
	});
});

describe("a row of dead wakes", () => {
	/** Its wakes die as often as that, the last one just now. */
	async function dieOften() {
		const rounds = createRounds();
		const letters: unknown[] = [];
		const die = () => {
			letters.unshift(wakeOf(String(letters.length), "s", letters.length));
			return rounds.round(letters);
		};
		for (let wake = 0; wake < WAKES_MAX; wake++) {
			await die();
			rounds.pass(10_000);
		}
		return { ...rounds, die };
	}

	it("ends when the last one lies far enough behind: the session is woken again", async () => {
		const { die, pass } = await dieOften();
		pass(ROW_ENDS_AFTER_MS);
		expect(await die()).toMatchObject({ woken: ["s"], left: [] });
		// And has all its wakes before it again.
		pass(2 * BLOCKED_MS + 1);
		expect(await die()).toMatchObject({ woken: ["s"], left: [] });
	});

	it("goes on while each one dies soon after the one before", async () => {
		const { die, pass } = await dieOften();
		pass(ROW_ENDS_AFTER_MS - 10_000);
		expect(await die()).toMatchObject({ woken: [], left: ["s"] });
	});
});

describe("more dead letters than one round reads", () => {
	const many = (count: number, sessionOf: (index: number) => string) =>
		Array.from({ length: count }, (_, index) => wakeOf(String(index), sessionOf(index), count - index));

	it("are all seen over the rounds, each once, and new ones with the next pass", async () => {
		const { round, woken } = createRounds();
		const letters: unknown[] = many(2 * LETTERS_MAX + 10, (index) => `s${index}`);
		for (let count = 0; count < 3; count++) expect((await round(letters)).isPart).toBe(true);
		expect(new Set(woken).size).toBe(letters.length);
		letters.unshift(wakeOf("new", "new", 10_000));
		for (let count = 0; count < 6; count++) await round(letters);
		expect(woken).toHaveLength(letters.length);
		expect(woken.at(-1)).toBe("new");
	});

	it("wake a session once for all that had died before", async () => {
		const { round, woken } = createRounds();
		const letters = many(2 * LETTERS_MAX, () => "s");
		for (let count = 0; count < 9; count++) await round(letters);
		expect(woken).toEqual(["s"]);
	});

	it("wake it again for one that died later, wherever the queue puts that", async () => {
		const { round, woken } = createRounds();
		const letters = [...many(LETTERS_MAX + 5, () => "s"), wakeOf("late", "s", 1e9)];
		await round(letters);
		await round(letters);
		expect(woken).toEqual(["s", "s"]);
	});
});

describe("the wakes of a worker that never came back", () => {
	const parked = { approved: ["pay"] };

	it("wake its parked sessions on another worker, under that one's ids", () =>
		onBench(parked, async ({ worker, start, engine, time, runs }) => {
			const a = worker("a");
			await start(a, "s", { c1: "pay" });
			await engine.idle();
			// The decision is taken and its wake is on its way when the worker dies.
			await a.call("approval::resolve", { session_id: "s", function_call_id: "c1", decision: "allow" });
			a.client.crash();
			await engine.idle();
			expect(engine.deadLetters("turn-step").map(({ payload }) => payload)).toEqual([{ session_id: "s" }]);
			const b = worker("b");
			await time.wait(100);
			await engine.idle();
			expect((await b.record("s")).state).toBe("stopped");
			expect(runs).toEqual(["b s/c1"]);
			expect(b.lines).toContainEqual(expect.stringContaining('sessions 1 woken: "s"; the letters stay'));
			expect(engine.deadLetters("turn-step")).toHaveLength(1);
		})());

	it("wake a session that was still held when the other one started", () =>
		onBench(
			{
				functions: { hang: () => new Promise(() => undefined) },
				queues: { "turn-step": { max_retries: 2 } },
			},
			async ({ worker, start, engine, time }) => {
				const a = worker("a");
				await start(a, "s", { c1: "hang" });
				await time.wait(100);
				a.client.crash();
				await time.wait(2_000);
				const b = worker("b", { slots: 5 });
				await time.wait(100);
				expect(b.lines).toContain("sweep: 0 woken, 0 failed");
				await engine.idle();
				expect((await b.record("s")).state).toBe("stopped");
				expect(time.clock.monotonicMs()).toBeLessThan(20_000);
			},
		)());

	it("do nothing to a session that has ended, or that nobody knows", () =>
		onBench({}, async ({ worker, start, engine, other, time }) => {
			const a = worker("a");
			await start(a, "s", { c1: "note" });
			await engine.idle();
			const before = engine.state("session_lease");
			for (const session_id of ["s", "nobody's"]) {
				const action = { type: "enqueue", queue: "turn-step" } as const;
				await other.trigger({ function_id: "turn::steering_check::gone", payload: { session_id }, action });
			}
			await engine.idle();
			await time.wait(10_000);
			await engine.idle();
			expect(engine.deadLetters("turn-step")).toHaveLength(2);
			expect(engine.state("session_lease")).toEqual(before);
		})());
});

it("says nothing of a round that found nothing, and names a few of many sessions", () => {
	expect(lettersText("q", { woken: [], failed: [], left: [] })).toBeUndefined();
	const woken = ["1", "2", "3", "4", "5", "6"];
	const failed = [{ sessionId: "f", error: new Error("away") }];
	expect(lettersText("q", { woken, failed, left: ["l"] })).toBe(
		'dead letters of q: sessions 6 woken: "1", "2", "3", "4", "5", …; 1 failed, tried again: "f" (away); ' +
			'1 left alone, died too often: "l"; the letters stay where they are',
	);
	expect(sweepText({ woken, failed })).toBe('sweep: 6 woken, 1 failed: "f" (away)');
});
