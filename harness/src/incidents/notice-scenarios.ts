// The scenarios of the incident of the notices: as it was, and with the pieces.
import type { FaultBudgets } from "../explore/faults.ts";
import { never } from "../explore/properties.ts";
import type { Scenario } from "../explore/scenario.ts";
import {
	BOTH_CHANNELS,
	type Channel,
	limitOf,
	REFUSED,
	shownNote,
	type TaskEvent,
} from "./notice-channels.ts";
import { fanOutAsItWas } from "./notices-as-they-were.ts";
import {
	fanOutInSlots,
	isLimited,
	isPostedBefore,
	isPutAside,
	isShownOnce,
	isUnknown,
} from "./notices-in-slots.ts";

export const BOTH: FaultBudgets = { crash: 1, redelivery: 1 };

/** Of one task, and of two classes. */
export const CREATED: TaskEvent = { id: "r1", taskId: "t1", type: "task_created" };
const FAILED: TaskEvent = { id: "r2", taskId: "t1", type: "task_failed" };
export const TWO: readonly TaskEvent[] = [CREATED, FAILED];
export const FIVE: readonly TaskEvent[] = Array.from({ length: 5 }, (_, index) => ({
	...CREATED,
	id: `r${index + 1}`,
	taskId: `t${index + 1}`,
}));

const recordsText = ({ length }: readonly TaskEvent[]): string =>
	length === 1 ? "1 record" : `${length} records`;

/** Slack refuses each record so often; what the others hear of it is that GitHub shows it so many times. */
export function replayed(
	events: readonly TaskEvent[],
	{ limits, times }: { readonly limits: number; readonly times: number },
): Scenario {
	return fanOutAsItWas({
		about: `${recordsText(events)}, 2 channels`,
		channels: BOTH_CHANNELS,
		events,
		limits: Object.fromEntries(events.map((event) => [limitOf("slack", event), limits])),
		properties: [
			never(`GitHub shows one event ${times} times`, ({ count }) =>
				events.some((event) => count(shownNote("github", event)) >= times),
			),
		],
	});
}

interface Limited {
	readonly events: readonly TaskEvent[];
	/** Slack's is retried in place, GitHub's comes again by the queue. */
	readonly limited: Channel;
	readonly faults: FaultBudgets;
	readonly countByKey?: boolean;
}

export function posted({ events, limited, faults, countByKey = false }: Limited): Scenario {
	const mayBeUnknown = (faults.crash ?? 0) > 0 && !countByKey;
	return fanOutInSlots({
		about: `${recordsText(events)}, 2 channels${countByKey ? " that count by key" : ""}, ${limited} limits`,
		channels: BOTH_CHANNELS,
		batches: [events],
		limits: { [limitOf(limited, events[0] as TaskEvent)]: 1 },
		countByKey,
		faults,
		properties: [
			...events.flatMap((event) => isShownOnce({ channels: BOTH_CHANNELS, events: [event], mayBeUnknown })),
			isLimited(),
			isPostedBefore(),
			...(mayBeUnknown ? [isUnknown()] : []),
		],
	});
}

const STRANDED: TaskEvent = { id: "r1", taskId: "t1", type: "task_stranded" };
export const ENDS: readonly [TaskEvent, TaskEvent] = [STRANDED, FAILED];
export const FIVE_ENDS: readonly TaskEvent[] = FIVE.flatMap(({ taskId }) =>
	ENDS.map((event) => ({ ...event, taskId, id: `${event.id} of ${taskId}` })),
);

export function pagedTwice(events: readonly TaskEvent[], breaks: string): Scenario {
	const pages = (count: (note: string) => number, taskId: string) =>
		ENDS.reduce((sum, event) => sum + count(shownNote("slack", { ...event, taskId })), 0);
	const taskIds = [...new Set(events.map(({ taskId }) => taskId))];
	return fanOutAsItWas({
		about: `${recordsText(events)} of ends`,
		channels: ["slack"],
		events,
		properties: [never(breaks, ({ count }) => taskIds.every((taskId) => pages(count, taskId) > 1))],
	});
}

export function pagedOnce(faults: FaultBudgets): Scenario {
	const mayBeUnknown = (faults.crash ?? 0) > 0;
	return fanOutInSlots({
		about: "failed and stranded, 1 channel",
		channels: ["slack"],
		batches: ENDS.map((event) => [event]),
		faults,
		properties: [
			...isShownOnce({ channels: ["slack"], events: ENDS, mayBeUnknown }),
			isPostedBefore(),
			...(mayBeUnknown ? [isUnknown()] : []),
		],
	});
}

const OTHER: TaskEvent = { id: "r2", taskId: "t2", type: "task_created" };

export function refusedAgain(events: readonly TaskEvent[], times: number): Scenario {
	return fanOutAsItWas({
		about: `${recordsText(events)}, an error of a class loaded twice`,
		channels: ["slack"],
		events,
		gone: "t1",
		properties: [never(`Slack refuses one event ${times} times`, ({ count }) => count(REFUSED) >= times)],
	});
}

export function refusedOnce(faults: FaultBudgets): Scenario {
	const deliveries = 1 + Object.values(faults).reduce((sum, times) => sum + times, 0);
	return fanOutInSlots({
		about: "2 records, 1 channel, an error of a class loaded twice",
		channels: ["slack"],
		batches: [[CREATED, OTHER]],
		gone: CREATED.taskId,
		limits: { [limitOf("slack", OTHER)]: 1 },
		countByKey: true,
		faults,
		properties: [
			...isShownOnce({ channels: ["slack"], events: [OTHER] }),
			isLimited(),
			...isPutAside(deliveries),
		],
	});
}
