// A `runTransition` of somebody's own: takes a lock, loads the record, runs what was approved, saves. Its lock is one of
// those that people write: look, write your name, and look again whether it still stands.

export interface TurnRecord {
	readonly approved: readonly string[];
	readonly results: Readonly<Record<string, string>>;
}

/** What it stands on: a state store, the functions that are called, a clock. */
export interface Outside {
	readonly worker: string;
	get<T>(key: string): Promise<T | undefined>;
	set(key: string, value: unknown): Promise<void>;
	call(callId: string): Promise<string>;
	nowMs(): number;
}

interface Lock {
	readonly worker: string;
	readonly untilMs: number;
}

const LOCK_MS = 15_000;

export async function runTransition(outside: Outside, sessionId: string): Promise<void> {
	await lock(outside, sessionId);
	try {
		const record = await outside.get<TurnRecord>(`turn/${sessionId}`);
		if (record) await outside.set(`turn/${sessionId}`, await runApproved(outside, record));
	} finally {
		await outside.set(`lock/${sessionId}`, { worker: outside.worker, untilMs: 0 });
	}
}

export async function runApproved({ call }: Pick<Outside, "call">, record: TurnRecord): Promise<TurnRecord> {
	const results = { ...record.results };
	for (const callId of record.approved) results[callId] ??= await call(callId);
	return { ...record, results };
}

async function lock({ get, set, worker, nowMs }: Outside, sessionId: string): Promise<void> {
	const key = `lock/${sessionId}`;
	const held = await get<Lock>(key);
	if (held && held.untilMs > nowMs()) throw new Error(`${held.worker} is at it: deliver this again.`);
	await set(key, { worker, untilMs: nowMs() + LOCK_MS });
	const now = await get<Lock>(key);
	if (now?.worker !== worker) throw new Error(`${now?.worker} was quicker: deliver this again.`);
}
