// The fan-out of task events with a slot for each notice, and a batch that reports what has failed.
import type { FaultBudgets } from "../explore/faults.ts";
import { eventually, never, type Property, sometimes } from "../explore/properties.ts";
import type { Process, Scenario } from "../explore/scenario.ts";
import { isReleased } from "../explore/transition-properties.ts";
import { runBatch } from "../recipes/batch-results.ts";
import { noticeSlot, postOnce, type SlotState } from "../recipes/notice-slot.ts";
import { AT_ONCE, leasesOf, serveAll } from "./miniature.ts";
import {
	type Channel,
	type ChannelsOptions,
	channelsIn,
	LIMITED,
	type Post,
	REFUSED,
	shownNote,
	type TaskEvent,
} from "./notice-channels.ts";

export interface Slots extends ChannelsOptions {
	/** What is special about it, for its name. */
	readonly about: string;
	readonly channels: readonly Channel[];
	/** Each of them is delivered to one worker. */
	readonly batches: readonly (readonly TaskEvent[])[];
	readonly faults: FaultBudgets;
	readonly properties: readonly Property[];
}

const WORKERS = 2;

export function fanOutInSlots({ about, channels, batches, faults, properties, ...options }: Slots): Scenario {
	const slots = batches.flat().flatMap((event) => channels.map((channel) => slotOf(event, channel)));
	return {
		name: `notices: ${[about, `${WORKERS} workers`, ...Object.keys(faults)].join(", ")}`,
		faults,
		properties: [...properties, ...[...new Set(slots)].map(isReleased)],
		setup(world) {
			const post = channelsIn(world, options);
			const queue = world.queue("events");
			for (const batch of batches) queue.put(batch);
			serveAll(world, queue, { workers: WORKERS }, async (process, message) => {
				const batch = message as readonly TaskEvent[];
				const items = batch.flatMap((event) => channels.map((channel) => ({ event, channel })));
				const ids = await fanOut(process, items, { post, repeatable: options.countByKey ?? false });
				const failed = batch.filter(({ id }) => ids.includes(id));
				if (failed.length > 0) await queue.send(process, failed);
			});
		},
	};
}

/** One event for one channel: what one channel rejects keeps no other from being posted to. */
interface Item {
	readonly event: TaskEvent;
	readonly channel: Channel;
}

/** Long enough for the lease of a worker that has died. */
const WAIT_MAX_MS = 5_000;

/** Answers which records have failed. */
async function fanOut(
	process: Process,
	items: readonly Item[],
	{ post, repeatable }: { readonly post: Post; readonly repeatable: boolean },
): Promise<readonly string[]> {
	const leases = leasesOf<SlotState>(process);
	const { response, terminal } = await runBatch(items, {
		idOf: ({ event }) => event.id,
		handle: async ({ event, channel }) => {
			const slot = slotOf(event, channel);
			const posted = await postOnce(leases, slot, (key) => post(process, channel, event, key), {
				...AT_ONCE,
				repeatable,
			});
			process.note(posted);
			if (posted === "unknown") process.note(unknownNote(slot));
		},
		classes: { terminal: ["SlackApiError"] },
		ports: process.ports,
		waitMaxMs: WAIT_MAX_MS,
	});
	for (const { itemIdentifier } of terminal) process.note(PUT_ASIDE, itemIdentifier);
	return response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

const PUT_ASIDE = "put aside";
const TERMINAL_EVENTS = ["task_completed", "task_failed", "task_cancelled", "task_stranded"];

const slotOf = ({ taskId, type }: TaskEvent, channel: Channel): string =>
	noticeSlot({ taskId, channel, event: type, terminalEvents: TERMINAL_EVENTS });

const unknownNote = (slot: string): string => `unknown: ${slot}`;

/** Events that share a slot; `mayBeUnknown`: the channels do not count by key, and a worker may die while it posts. */
interface Shown {
	readonly channels: readonly Channel[];
	readonly events: readonly [TaskEvent, ...TaskEvent[]];
	readonly mayBeUnknown?: boolean;
}

/** Of these events each channel shows one, once. */
export function isShownOnce({ channels, events, mayBeUnknown = false }: Shown): Property[] {
	const [event] = events;
	const what = `${events.map(({ type }) => type).join(" or ")} of ${event.taskId}`;
	return channels.flatMap((channel) => {
		const timesShown = (count: (note: string) => number) =>
			events.reduce((times, one) => times + count(shownNote(channel, one)), 0);
		return [
			never(`${channel} shows ${what} twice`, ({ count }) => timesShown(count) > 1),
			eventually(`${channel} shows ${what}`, ({ count }) => {
				if (mayBeUnknown && count(unknownNote(slotOf(event, channel))) > 0) return true;
				return timesShown(count) === 1;
			}),
		];
	});
}

/** Put aside, so that it does not come again: only another delivery of the same batch asks once more. */
export function isPutAside(deliveries: number): Property[] {
	return [
		never(`Slack refuses it ${deliveries + 1} times`, ({ count }) => count(REFUSED) > deliveries),
		eventually("what Slack refuses is put aside", ({ count }) => count(PUT_ASIDE) > 0),
	];
}

export const isLimited = (): Property =>
	sometimes("a channel is asked too often", ({ count }) => count(LIMITED) > 0);

export const isPostedBefore = (): Property =>
	sometimes("a notice was posted before", ({ count }) => count("already_posted") > 0);

export const isUnknown = (): Property =>
	sometimes("nobody knows whether a notice is out", ({ count }) => count("unknown") > 0);
