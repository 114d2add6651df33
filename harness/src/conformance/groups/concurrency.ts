// Many clients on one record: batches are one after the other for all of them, and every answer shows it.
import { checkHistory } from "../../history/check-history.ts";
import type { HistoryReport } from "../../history/check-report.ts";
import { HISTORY_HEADER, type HistoryLine } from "../../history/history.ts";
import { parseHistory } from "../../history/parse-history.ts";
import { createRecordCall } from "../../history/record-call.ts";
import { recordLeases } from "../../history/record-leases.ts";
import type { AtomicStore, Fields } from "../../lease/atomic-store.ts";
import { createLeases } from "../../system/leases.ts";
import { realClock, realWait } from "../../system/real-time.ts";
import { removeFields, shownOfRemoved } from "../removed-fields.ts";
import type { Suite, World } from "../suite.ts";

const KEY = "session";
const CLIENTS = 6;
/** What was removed is looked for again after so long; where a case waits longer anyway, it is looked for there, too. */
const LATER_MS = 100;

export function concurrency(suite: Suite): void {
	const { expect, scale } = suite;
	const clients = (world: World) => Promise.all(Array.from({ length: CLIENTS }, () => world.connect()));

	if (!suite.capabilities.clients) declaresOneClient(suite);

	suite.promises("counts every increment once, and answers each with another number", async (world) => {
		const answered: Fields[] = [];
		const rounds = 10 * scale;
		await Promise.all(
			(await clients(world)).map(async (store) => {
				for (let round = 0; round < rounds; round++) {
					answered.push(await store.update(KEY, [{ op: "increment", field: "n", by: 1 }]));
				}
			}),
		);
		const numbers = answered.map((fields) => Number(fields.n ?? 0)).sort((a, b) => a - b);
		expect(repeated(numbers)).toEqual([]);
		expect(numbers).toEqual(Array.from({ length: CLIENTS * rounds }, (_, index) => index));
	});

	suite.promises("gives setOnce to one of many, and tells all of them the same one", async (world) => {
		const stores = await clients(world);
		for (let round = 0; round < 3 * scale; round++) {
			const key = `round ${round}`;
			const answered = await Promise.all(
				stores.map(async (store, client) => {
					const value = { id: `client ${client}` };
					const before = await store.update(key, [{ op: "setOnce", field: "holder", value }]);
					return before.holder ?? value;
				}),
			);
			const firsts = [...new Set(answered.map((holder) => JSON.stringify(holder)))];
			const told = `${firsts.length} values were told to be the first one: ${firsts.join(", ")}`;
			expect(firsts.length === 1 ? "one value was the first" : told).toEqual("one value was the first");
			expect(await stores[0]?.read(key)).toEqual({ holder: answered[0] });
		}
	});

	suite.promises("shows whoever looks what was answered before", async (world) => {
		const [writer, reader] = (await clients(world)) as [AtomicStore, AtomicStore];
		for (let n = 1; n <= 20 * scale; n++) {
			await writer.update(KEY, [{ op: "increment", field: "n", by: 1 }]);
			const stale = "the read was answered from a copy that lags behind";
			const { n: found } = await reader.read(KEY);
			expect(found === n ? "up to date" : `${stale}: ${found} instead of ${n}`).toEqual("up to date");
		}
	});

	suite.promises("shows nobody what was removed, neither at once nor later", async (world) => {
		const [remover, ...watchers] = (await clients(world)) as [AtomicStore, ...AtomicStore[]];
		expect(await shownBehind(remover, watchers.slice(0, 2))).toEqual([]);
	});

	suite.promises("has a history of puts and reads as one register would have it", async (world) => {
		const lines: HistoryLine[] = [];
		const stores = await clients(world);
		await Promise.all(stores.map((store, client) => putAndRead(store, `client ${client}`, lines, 8 * scale)));
		expect(findingsOf(lines)).toEqual([]);
	});

	suite.promises("has a history of leases in which one at a time has held the session", async (world) => {
		const lines: HistoryLine[] = [];
		const stores = await clients(world);
		await Promise.all(stores.map((store, client) => holdAgain(store, `client ${client}`, lines, 3 * scale)));
		expect(findingsOf(lines)).toEqual([]);
	});
}

function declaresOneClient({ expect, promises }: Suite): void {
	promises("is declared to have one client, which is all of the many in these cases", async (world) => {
		const [first, second] = [await world.connectBare(), await world.connectBare()];
		expect(first === second).toEqual(true);
	});
}

/** What clients are shown, as sentences, of fields that one of them has removed. */
async function shownBehind(remover: AtomicStore, watchers: readonly AtomicStore[]): Promise<string[]> {
	await removeFields(remover, watchers);
	const found: string[] = [];
	for (const watcher of watchers) {
		found.push(...(await shownOfRemoved(watcher, "at once, by another client,")));
	}
	await realWait(LATER_MS);
	for (const client of [remover, ...watchers]) {
		found.push(...(await shownOfRemoved(client, `${LATER_MS} ms later`)));
	}
	return found;
}

/** A version that is counted and a text that is set, in one batch: the answer tells which version it has become. */
async function putAndRead(
	store: AtomicStore,
	process: string,
	lines: HistoryLine[],
	rounds: number,
): Promise<void> {
	const recordCall = createRecordCall(recording(process, lines));
	const rejected = () => ({ type: "unknown" }) as const;
	for (let round = 1; round <= rounds; round++) {
		const value = `${process}, round ${round}`;
		await recordCall(
			{
				key: KEY,
				call: { call: "put", value },
				answered: (before: Fields) => ({ type: "ok", version: Number(before.version ?? 0) + 1 }),
				rejected,
			},
			() =>
				store.update(KEY, [
					{ op: "increment", field: "version", by: 1 },
					{ op: "set", field: "value", value },
				]),
		);
		await recordCall(
			{
				key: KEY,
				call: { call: "read" },
				answered: ({ version = 0, value: found }: Fields) => ({
					type: "ok",
					version: Number(version),
					...(found === undefined ? {} : { value: String(found) }),
				}),
				rejected,
			},
			() => store.read(KEY),
		);
	}
}

/** Leases that follow each other as fast as they can; each counts the value one up. */
async function holdAgain(
	store: AtomicStore,
	process: string,
	lines: HistoryLine[],
	rounds: number,
): Promise<void> {
	const leases = recordLeases(
		createLeases<number>({ store, owner: process, ttlMs: 10_000, skewMs: 0 }),
		recording(process, lines),
	);
	for (let round = 0; round < rounds; round++) {
		const lease = await leases.acquire("leased", { waitMs: 20_000 });
		await lease.release({ value: (lease.value ?? 0) + 1 });
	}
}

const recording = (process: string, lines: HistoryLine[]) => ({
	process,
	time: realClock.monotonicMs,
	record: (line: HistoryLine) => void lines.push(line),
});

/** Sentences, and the verdict if that is not for the better. */
function findingsOf(lines: readonly HistoryLine[]): string[] {
	const text = [HISTORY_HEADER, ...lines].map((line) => JSON.stringify(line)).join("\n");
	const report: HistoryReport = checkHistory(parseHistory(text));
	const sentences = report.checks.flatMap(({ name, findings }) =>
		findings.map(({ sentence }) => `${name}: ${sentence}`),
	);
	return report.verdict === "held" ? [] : [report.verdict, ...sentences.slice(0, 3)];
}

/** Sentences on the first few numbers that two clients were answered with. */
function repeated(sorted: readonly number[]): string[] {
	const twice = sorted.filter((number, index) => number === sorted[index - 1]);
	return twice.slice(0, 3).map((number) => `two batches were both answered ${number}: they were not atomic`);
}
