// So many bad polls in a row, and that is said once.
import { describe, expect, it } from "vitest";
import type { Leases, OutboxEvent } from "../../src/index.ts";
import {
	notePoll,
	POLL_THRESHOLDS,
	type PollPorts,
	type PollReading,
	type Polls,
} from "../../src/recipes/poll-threshold.ts";
import { type Bench, errorOf, onBench, SKEW_MS, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";

expectNoUnhandledRejections();

const WATCH = "watch";

interface Watching {
	readonly ports: PollPorts;
	readonly sent: OutboxEvent[];
}

function watching(bench: Bench, own: Partial<PollPorts> = {}, name = "a"): Watching {
	const sent: OutboxEvent[] = [];
	const leases = bench.worker(name).leases as Leases<Polls>;
	return { sent, ports: { leases, send: async (_, event) => void sent.push(event), ...own } };
}

/** Polls one after the other, from 1 on, and answers the last answer. */
async function noteAll(ports: PollPorts, readings: readonly string[]): Promise<Polls | undefined> {
	let last: Polls | undefined;
	for (const [at, reading] of readings.entries()) {
		last = await notePoll(ports, WATCH, { poll: at + 1, reading });
	}
	return last;
}

const reached = (reading: string, inARow: number) => ({
	id: "reached",
	event: { type: "threshold_reached", watchId: WATCH, reading, inARow },
});

describe("notePoll", () => {
	it.each(Object.entries(POLL_THRESHOLDS))("says that %s came %i times in a row", (reading, threshold) =>
		onBench(async (bench) => {
			const { ports, sent } = watching(bench);
			const before = Array.from({ length: threshold - 1 }, () => reading);
			expect(await noteAll(ports, before)).toEqual({ poll: threshold - 1, reading, inARow: threshold - 1 });
			expect(sent).toEqual([]);
			const last = await notePoll(ports, WATCH, { poll: threshold, reading });
			expect(last).toEqual({ poll: threshold, reading, inARow: threshold, reached: reading });
			expect(sent).toEqual([reached(reading, threshold)]);
		})(),
	);

	it(
		"says it once, whatever is polled afterwards",
		onBench(async (bench) => {
			const { ports, sent } = watching(bench);
			const last = await noteAll(ports, [
				...Array.from({ length: 6 }, () => "poll_failed"),
				"running",
				...Array.from({ length: 6 }, () => "done_without_end"),
			]);
			expect(last).toMatchObject({ reached: "poll_failed", poll: 3 });
			expect(sent).toEqual([reached("poll_failed", 3)]);
		}),
	);

	it(
		"counts from 1 again after a poll that reads otherwise, good or bad",
		onBench(async (bench) => {
			const { ports, sent } = watching(bench);
			const readings = ["poll_failed", "poll_failed", "running", "poll_failed", "poll_failed"];
			expect(await noteAll(ports, [...readings, "done_without_end"])).toMatchObject({ inARow: 1 });
			expect(sent).toEqual([]);
		}),
	);

	it(
		"counts a poll that is told again once, and one that comes after a later one not at all",
		onBench(async (bench) => {
			const { ports, sent } = watching(bench);
			const bad = { reading: "poll_failed" };
			for (const poll of [2, 2, 1, 2, 3, 1, 3]) await notePoll(ports, WATCH, { poll, ...bad });
			expect(await notePoll(ports, WATCH, { poll: 3, ...bad })).toMatchObject({ poll: 3, inARow: 2 });
			await notePoll(ports, WATCH, { poll: 1, reading: "running" });
			expect(sent).toEqual([]);
			await notePoll(ports, WATCH, { poll: 4, ...bad });
			expect(sent).toEqual([reached("poll_failed", 3)]);
		}),
	);

	it(
		"goes by the thresholds that it is given, and takes a reading that is not among them for a good one",
		onBench(async (bench) => {
			const { ports, sent } = watching(bench, { thresholds: { unreachable: 1 } });
			await noteAll(ports, ["poll_failed", "poll_failed", "poll_failed", "constructor", "toString"]);
			expect(sent).toEqual([]);
			await notePoll(ports, WATCH, { poll: 6, reading: "unreachable" });
			expect(sent).toEqual([reached("unreachable", 1)]);
		}),
	);

	it.each([
		["poll", { poll: 0 }],
		["poll", { poll: -1 }],
		["poll", { poll: 1.5 }],
		["poll", { poll: Number.NaN }],
		["poll", { poll: "1" }],
		["reading", { reading: "" }],
		["reading", { reading: undefined }],
	])("refuses a %s as in %o, and counts nothing", (name, own) =>
		onBench(async (bench) => {
			const { ports } = watching(bench);
			const told = { poll: 1, reading: "poll_failed", ...own } as PollReading;
			const error = await errorOf(notePoll(ports, WATCH, told));
			expect(error).toMatchObject({ code: "option_invalid" });
			expect((error as Error).message).toContain(`\`${name}\``);
			expect(await notePoll(ports, WATCH, { poll: 1, reading: "poll_failed" })).toMatchObject({ inARow: 1 });
		})(),
	);

	it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, "3"])(
		"refuses the threshold %s, of whichever reading, and counts nothing",
		(threshold) =>
			onBench(async (bench) => {
				const thresholds = { poll_failed: 3, unreachable: threshold as number };
				const { ports } = watching(bench, { thresholds });
				const error = await errorOf(notePoll(ports, WATCH, { poll: 1, reading: "poll_failed" }));
				expect(error).toMatchObject({ code: "option_invalid" });
				expect((error as Error).message).toContain("thresholds.unreachable");
				const { ports: sound } = watching(bench, {}, "b");
				expect(await notePoll(sound, WATCH, { poll: 1, reading: "running" })).toMatchObject({ inARow: 1 });
			})(),
	);

	it(
		"counts each poll once where all workers tell it at once",
		onBench(async (bench) => {
			const workers = ["a", "b", "c", "d"].map((name) => watching(bench, {}, name));
			for (const poll of [1, 2, 3, 4]) {
				const told = { poll, reading: "poll_failed", waitMs: 60_000 };
				await Promise.all(workers.map(({ ports }) => notePoll(ports, WATCH, told)));
				const times = workers.flatMap(({ sent }) => sent);
				expect(times).toEqual(poll < 3 ? [] : [reached("poll_failed", 3)]);
			}
		}),
	);

	it(
		"says it again, under the same id, if whoever reached the threshold died before it was sent",
		onBench(async (bench) => {
			const { ports } = watching(bench);
			await noteAll(ports, ["poll_failed", "poll_failed"]);
			const { leases, process } = bench.worker("doomed");
			const send = () => new Promise<never>(() => process.crash());
			const doomed = { leases: leases as Leases<Polls>, send };
			void notePoll(doomed, WATCH, { poll: 3, reading: "poll_failed" });
			await bench.wait(TTL_MS + SKEW_MS + 1);
			const { ports: next, sent } = watching(bench, {}, "b");
			await notePoll(next, WATCH, { poll: 4, reading: "poll_failed" });
			expect(sent).toEqual([reached("poll_failed", 3)]);
		}),
	);

	it(
		"rejects, with the poll counted, if the event could not be sent; the next poll sends it",
		onBench(async (bench) => {
			let isDown = true;
			const sent: OutboxEvent[] = [];
			const send = async (_: string, event: OutboxEvent) => {
				if (isDown) throw new Error("down");
				sent.push(event);
			};
			const { ports } = watching(bench, { send, thresholds: { poll_failed: 1 } });
			const error = await errorOf(notePoll(ports, WATCH, { poll: 1, reading: "poll_failed" }));
			expect(error).toMatchObject({ code: "send_failed" });
			isDown = false;
			await notePoll(ports, WATCH, { poll: 1, reading: "poll_failed" });
			expect(sent).toEqual([reached("poll_failed", 1)]);
		}),
	);
});
