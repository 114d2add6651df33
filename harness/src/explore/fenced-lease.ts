// The fenced lease as a state that every line of a history moves on: what may stand, and who was granted what.
import type { HistoryLine } from "../history/history.ts";

interface OpenWrite {
	readonly epoch: number;
	readonly value: string;
}

/** What is known of one session. JSON; values are text, empty text is none. */
export interface FencedSession {
	/** The highest epoch that was granted. */
	readonly epoch: number;
	/** By epoch: the value that its grant loaded. */
	readonly loaded: Readonly<Record<number, string>>;
	/** The values of which one stands; `undefined`: the store has forgotten, and what is late may surface. */
	readonly standing: readonly string[] | undefined;
	/** Values that were said to be void. */
	readonly voids: readonly string[];
}

export interface FencedLeases {
	readonly sessions: Readonly<Record<string, FencedSession>>;
	/** By process and operation: writes that have not been answered, and the sessions of all that have not. */
	readonly open: Readonly<Record<string, { readonly key: string; readonly write?: OpenWrite }>>;
	/** The first promise that was broken. */
	readonly broken?: string;
}

export const NO_LEASES: FencedLeases = { sessions: {}, open: {} };
const NEW_SESSION: FencedSession = { epoch: 0, loaded: {}, standing: [""], voids: [] };

export function fencedSession(leases: FencedLeases, key: string): FencedSession {
	return leases.sessions[key] ?? NEW_SESSION;
}

/** The store has forgotten: epochs may be granted again, and what stands is whatever it kept. */
export function afterRollback(leases: FencedLeases): FencedLeases {
	const forgotten = Object.keys(leases.sessions).map((key) => [key, { ...NEW_SESSION, standing: undefined }]);
	// What was asked before is answered for a world that is no more.
	return { ...leases, sessions: Object.fromEntries(forgotten), open: {} };
}

/** What is known after one more line of a process. */
export function afterLine(leases: FencedLeases, process: string, line: HistoryLine): FencedLeases {
	if (leases.broken !== undefined) return leases;
	const op = `${process}/${line.op}`;
	if (line.type === "invoke") {
		const { key } = line;
		const write = writeOf(line);
		const open = { ...leases.open, [op]: write ? { key, write } : { key } };
		const session = fencedSession(leases, key);
		if (!write || write.epoch < session.epoch || !session.standing) return { ...leases, open };
		return withSession({ ...leases, open }, key, {
			...session,
			standing: [...session.standing, write.value],
		});
	}
	const { [op]: call, ...open } = leases.open;
	if (!call) return leases;
	const { key, write } = call;
	const rest = { ...leases, open };
	if (line.type === "ok" && line.epoch !== undefined) return granted(rest, key, line.epoch, line.value ?? "");
	if (!write) return rest;
	if (line.type === "ok") return acknowledged(rest, key, write);
	return line.type === "fail" ? refused(rest, key, write, line.void === true) : rest;
}

function writeOf(line: HistoryLine): OpenWrite | undefined {
	if (line.type !== "invoke") return undefined;
	if (line.call === "forget") return { epoch: line.epoch ?? Number.MAX_SAFE_INTEGER, value: "" };
	if (line.call !== "write" && line.call !== "release") return undefined;
	return line.value === undefined ? undefined : { epoch: line.epoch, value: line.value };
}

/** The n-th grant loads what stands: all that was acknowledged, and nothing that came late. */
function granted(leases: FencedLeases, key: string, epoch: number, value: string): FencedLeases {
	const session = fencedSession(leases, key);
	if (session.loaded[epoch] !== undefined)
		return broken(leases, `epoch ${epoch} of ${key} was granted twice`);
	const loaded = { ...session.loaded, [epoch]: value };
	// Its process hears of it late: by now there is a later one.
	if (epoch < session.epoch) return withSession(leases, key, { ...session, loaded });
	const found = value === "" ? "no value" : value;
	if (session.voids.includes(value)) {
		return broken(leases, `epoch ${epoch} of ${key} loaded ${found}, which was said to be void`);
	}
	if (session.standing && !session.standing.includes(value)) {
		const expected = session.standing.map((text) => (text === "" ? "no value" : text)).join(" or ");
		return broken(leases, `epoch ${epoch} of ${key} loaded ${found}, and not ${expected}`);
	}
	return withSession(leases, key, { ...session, epoch, loaded, standing: session.standing && [value] });
}

function acknowledged(leases: FencedLeases, key: string, { epoch, value }: OpenWrite): FencedLeases {
	const session = fencedSession(leases, key);
	if (!session.standing) return leases;
	if (epoch >= session.epoch) return withSession(leases, key, { ...session, standing: [value] });
	const next = Math.min(
		...Object.keys(session.loaded)
			.map(Number)
			.filter((later) => later > epoch),
	);
	if (session.loaded[next] === undefined || session.loaded[next] === value) return leases;
	return broken(
		leases,
		`${value} of epoch ${epoch} of ${key} was acknowledged, and epoch ${next} did not load it`,
	);
}

function refused(leases: FencedLeases, key: string, { value }: OpenWrite, isVoid: boolean): FencedLeases {
	const session = fencedSession(leases, key);
	if (Object.values(session.loaded).includes(value)) {
		return broken(leases, `${value} of ${key} was refused, and had been loaded`);
	}
	const standing = session.standing?.filter((text) => text !== value);
	return withSession(leases, key, {
		...session,
		standing,
		voids: isVoid ? [...session.voids, value].sort() : session.voids,
	});
}

const withSession = (leases: FencedLeases, key: string, session: FencedSession): FencedLeases => ({
	...leases,
	sessions: { ...leases.sessions, [key]: session },
});

const broken = (leases: FencedLeases, why: string): FencedLeases => ({ ...leases, broken: why });
