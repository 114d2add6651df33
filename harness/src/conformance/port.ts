// What the kit is given of a port: how it is opened, what else it can do, and a test runner to tell the result to.
import type { AtomicStore } from "../lease/atomic-store.ts";
import type { Relay } from "./relay.ts";

/** Of any runner: vitest, jest, mocha and node:test have them, the last two with an `expect` of three lines. */
export interface TestRunner {
	describe(title: string, body: () => void): unknown;
	it(title: string, body: () => Promise<void>): unknown;
	expect(actual: unknown): { toEqual(expected: unknown): unknown };
}

export interface Port {
	/** As it is called in the titles of tests. */
	readonly name: string;
	/** Called once for each case: it opens the store where nothing of other cases is, and nothing of other runs. */
	readonly open: () => Promise<OpenedPort>;
	/** What it can do besides. @default all of it */
	readonly capabilities?: Partial<Capabilities>;
}

/**
 * Each is tested where it is declared; where it is not, a case says so, and looks as far as it can. That there is no server
 * to go away, one client only, or no way to tell what is foreign, is the port's own word.
 */
export interface Capabilities {
	/** Answers every record: has `list`. */
	readonly lists: boolean;
	/** Has a server that can go away in the middle of a call: `open` answers a `relay` that all its clients use. */
	readonly server: boolean;
	/** Several clients, each with a connection of its own, work on the same records. */
	readonly clients: boolean;
	/** Keeps its records when all its clients have closed: a client that connects after that finds them. */
	readonly keeps: boolean;
	/** Applies no part of a batch with an op that cannot be applied; the others apply the rest, and say so. */
	readonly refusesAsWhole: boolean;
	/** Knows a record that somebody else has written: `open` answers `spoil`. */
	readonly knowsForeign: boolean;
	/** Refuses records of more than so many bytes; `undefined`: none that leases write. */
	readonly recordBytesMax: number | undefined;
}

export interface OpenedPort {
	/** One more client. The kit closes it, if it has a `close`, before it closes the port. */
	connect(): Promise<Client>;
	/** The way that all clients take to the server. */
	readonly relay?: Relay;
	/** Puts something that is no record of a lease where the record of this key is. */
	spoil?(key: string): Promise<void>;
	/** Ends what `open` began. */
	close(): Promise<void>;
}

export interface Client extends AtomicStore {
	close?(): Promise<void>;
}
