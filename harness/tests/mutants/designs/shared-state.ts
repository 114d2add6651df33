// State that processes share, without a fence: get, set, delete and update, each applied at one moment.
import type { Process, World } from "../../../src/explore.ts";

export interface SharedState {
	get<T>(process: Process, key: string): Promise<T | undefined>;
	/** Answers the value before. */
	set<T>(process: Process, key: string, value: T): Promise<T | undefined>;
	delete(process: Process, key: string): Promise<void>;
	/** Atomic; answers the value before. */
	update<T>(process: Process, key: string, change: (value: T | undefined) => T): Promise<T | undefined>;
	/** The server's own clock, for what it decides at that moment. */
	readonly nowMs: () => number;
	/** What is there now, for properties. */
	peek<T>(key: string): T | undefined;
}

export function sharedState(world: World): SharedState {
	const values = new Map<string, unknown>();
	world.share({ key: () => JSON.stringify([...values].sort(([a], [b]) => (a < b ? -1 : 1))) });
	const peek = <T>(key: string) => values.get(key) as T | undefined;
	const put = <T>(key: string, value: T): T | undefined => {
		const before = peek<T>(key);
		values.set(key, value);
		return before;
	};
	return {
		nowMs: world.nowMs,
		peek,
		get: (process, key) => process.call(`get ${key}`, () => peek(key)),
		set: (process, key, value) =>
			process.call(`set ${key} to ${JSON.stringify(value)}`, () => put(key, value)),
		async delete(process, key) {
			await process.call(`delete ${key}`, () => values.delete(key));
		},
		update: (process, key, change) => process.call(`update ${key}`, () => put(key, change(peek(key)))),
	};
}
