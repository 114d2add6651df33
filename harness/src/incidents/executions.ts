// Executions whose end is final, in miniature: two endpoints of an HTTP service, one strict and one quiet, and a caller.
import type { FaultBudgets } from "../explore/faults.ts";
import { recordStaysSmall, watchLeases } from "../explore/lease-properties.ts";
import { always, eventually, type Gather, never, type Property, sometimes } from "../explore/properties.ts";
import type { Process, Scenario, World } from "../explore/scenario.ts";
import { releasedSession, sessionValue } from "../explore/session-record.ts";
import { isReleased } from "../explore/transition-properties.ts";
import { hasCode } from "../lease/errors.ts";
import {
	type Execution,
	type ExecutionPorts,
	noteStatus,
	readExecution,
	type StatusWrite,
	writeStatus,
} from "../recipes/execution.ts";
import { AT_ONCE, leasesOf, notesByKey, type Size, serveAll, sizeText } from "./miniature.ts";
import { sentAgainOnlyIfLost, watchSends } from "./sends.ts";

const TERMINAL: readonly string[] = ["failed", "succeeded", "cancelled", "timeout"];
export const isEnd = ({ status }: Pick<Execution, "status">): boolean => TERMINAL.includes(status);

/** What is posted: an event that nobody waits for, or a status whose poster wants to know. */
export interface Post {
	readonly to: "events" | "status";
	readonly status: string;
}

export const publishes = (status: string): string => `execution_${status} published`;

export interface Posts extends Pick<Size, "workers"> {
	readonly posts: readonly Post[];
	/** Whether a caller polls meanwhile. @default false */
	readonly polled?: boolean;
}

export function postsText({ posts, workers, polled = false }: Posts, faults: FaultBudgets = {}): string {
	const texts = posts.map(({ to, status }) => `${status} to ${to}`);
	const size = sizeText({ items: posts.length, workers }, faults);
	return [...texts, ...(polled ? ["a caller polls"] : []), size].join(", ");
}

const EXECUTION = "execution";
const SEEN = "sees its end";
export const POLL_ENDS = "polls no more";
export const GIVES_UP = "gives up";
const ANSWERED = "answered";

/** With the piece. Posts come as they may: each worker has one, and any of them is the first. */
export function finalExecution(sent: Posts, faults: FaultBudgets): Scenario {
	return {
		name: `late-event: a final status, ${postsText(sent, faults)}`,
		faults,
		properties: [
			endStands(),
			answersAreRight(),
			...(sent.polled ? [eventually("the caller's polls end", ({ count }) => count(POLL_ENDS) === 1)] : []),
			publishedOnce(),
			sentAgainOnlyIfLost(),
			eventually("every post is answered", ({ count }) => count(ANSWERED) >= sent.posts.length),
			never("a post fails", ({ count }) => count("message_failed") > 0),
			isReleased(EXECUTION),
			recordStaysSmall(EXECUTION, 14),
			sometimes("two posts meet", ({ count }) => count("turned_away") > 0),
			...lateAnswersTo(sent).map((late) => sometimes(`one is ${late}`, ({ count }) => count(late) > 0)),
		],
		setup(world) {
			world.records.set(EXECUTION, releasedSession({ status: "queued" }));
			const queue = world.queue("posts", { backoffMs: POLL_EVERY_MS });
			for (const post of sent.posts) queue.put(post);
			const note = notesByKey(world);
			const portsOf = (process: Process): ExecutionPorts => ({
				leases: watchLeases(process, leasesOf<Execution>(process)),
				terminal: TERMINAL,
				nowMs: process.ports.clock.wallMs,
				send: watchSends(process, (_, { id }) =>
					process.call(`publishes ${id}`, () => note(id, publishes(id)), { commutes: true }),
				),
			});
			serveAll(world, queue, sent, async (process, message) => {
				const post = message as Post;
				process.note(ANSWERED, { ...post, code: await answer(process, portsOf(process), post) });
			});
			if (sent.polled) pollIn(world, (process) => readExecution(portsOf(process), EXECUTION));
		},
	};
}

async function answer(process: Process, ports: ExecutionPorts, { to, status }: Post): Promise<number> {
	// Nobody says the same twice in the same words.
	const body: StatusWrite = { status, result: `as ${process.name} has heard` };
	const events = isEnd(body) ? [{ id: status, event: { type: status } }] : [];
	const face = to === "events" ? noteStatus : writeStatus;
	try {
		const { changed, execution } = await face(ports, EXECUTION, body, { ...AT_ONCE, events });
		if (isEnd(execution)) process.note(SEEN, execution);
		if (!changed) process.note(ACKNOWLEDGED);
		return 200;
	} catch (error) {
		if (!hasCode(error, "status_final")) throw error;
		process.note(REFUSED);
		return 409;
	}
}

const ACKNOWLEDGED = "acknowledged, and changes nothing";
const REFUSED = "refused";

const lateAnswersTo = ({ posts }: Posts): string[] => [
	ACKNOWLEDGED,
	...(posts.some(({ to }) => to === "status") ? [REFUSED] : []),
];

/** And so often a post is tried again: longer than a lease, so that whoever polls then does so while it is taken over. */
const POLL_EVERY_MS = 2_000;
const POLLS_MAX = 12;

/** Somebody polls until the execution has ended, or they give up. */
export function pollIn(world: World, read: (process: Process) => Promise<Execution | undefined>): void {
	const poll = async (process: Process) => {
		for (let polled = 1; polled <= POLLS_MAX; polled++) {
			const execution = await read(process);
			if (execution && isEnd(execution)) {
				process.note(SEEN, execution);
				process.note(POLL_ENDS);
				return;
			}
			await process.ports.wait(POLL_EVERY_MS);
		}
		process.note(GIVES_UP);
	};
	world.process("caller", (process) => process.task(() => poll(process)), { crashes: false });
}

const standing = (fields: Parameters<typeof sessionValue>[1]): Execution | undefined =>
	sessionValue<Execution>(EXECUTION, fields);

/** Once somebody was told of an end, or has read it, no field of it changes. */
function endStands(): Property {
	const first: Gather<Execution | null> = {
		from: null,
		next: (seen, event) =>
			seen ?? (event.type === "note" && event.name === SEEN ? (event.data as Execution) : null),
	};
	return always<Execution | null>(
		"an end that was seen stands",
		({ gathered, fields }) => {
			const [seen, now] = [gathered, standing(fields)].map((it) => JSON.stringify(it));
			return seen === now || `it was ${seen}, and is ${now}`;
		},
		{ gather: first, when: ({ gathered }) => gathered !== null },
	);
}

interface Answered extends Post {
	readonly code: number;
}

/** Refused is another end, and only where somebody wants to know; everything else is acknowledged. */
function answersAreRight(): Property {
	const last: Gather<Answered | null> = {
		from: null,
		next: (answered, event) =>
			event.type === "note" && event.name === ANSWERED ? (event.data as Answered) : answered,
	};
	return always<Answered | null>(
		"another end is refused by `status`, and by nobody else",
		({ gathered, fields }) => {
			const { to, status, code } = gathered as Answered;
			const stands = standing(fields)?.status ?? "nothing";
			const expected = to === "status" && TERMINAL.includes(stands) && stands !== status ? 409 : 200;
			return code === expected || `${status} to ${to} was answered ${code} while it was ${stands}`;
		},
		{ gather: last, when: ({ gathered }) => gathered !== null },
	);
}

/** What goes with an end is there once, as receivers count, and of the end that stands. */
function publishedOnce(): Property {
	return eventually("the end that stands, and no other one, is published once", ({ count, fields }) => {
		const stands = standing(fields)?.status;
		const wrong = TERMINAL.filter((status) => count(publishes(status)) !== (status === stands ? 1 : 0));
		return wrong.length === 0 || `it has ${stands}, and not so: ${wrong.join(", ")}`;
	});
}
