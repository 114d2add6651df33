// GitHub and Slack in miniature, for the incident of the notices: what they take, and what they refuse.
import type { Process, World } from "../explore/scenario.ts";

/** A record of the stream of task events. */
export interface TaskEvent {
	/** The stream's name of the record. */
	readonly id: string;
	readonly taskId: string;
	readonly type: string;
}

export type Channel = "github" | "slack";
export const BOTH_CHANNELS: readonly Channel[] = ["github", "slack"];

export interface ChannelsOptions {
	/** How many requests are refused, the first ones, since there were too many: by `limitOf`. @default none */
	readonly limits?: Readonly<Record<string, number>>;
	/** A task whose channel in Slack is gone. @default none */
	readonly gone?: string;
	/** The channels count by key: what comes again under one is not shown again. @default false */
	readonly countByKey?: boolean;
}

/** Posts one event to one channel; rejects as a client of that channel does. */
export type Post = (process: Process, channel: Channel, event: TaskEvent, key?: string) => Promise<void>;

export const limitOf = (channel: Channel, { id }: TaskEvent): string => `${id} to ${channel}`;

/** Noted each time that a channel shows this event. */
export const shownNote = (channel: Channel, { taskId, type }: TaskEvent): string =>
	`${channel} shows ${type} of ${taskId}`;
export const LIMITED = "limited";
export const REFUSED = "refused for good";

interface Answer {
	readonly ok?: true;
	readonly status?: number;
	readonly headers?: Readonly<Record<string, string>>;
	/** Slack's code of what is wrong. */
	readonly error?: string;
}

/** Slack says 429, and when to ask again; GitHub says 403, and by its header that it is a limit. */
const TOO_MANY: Readonly<Record<Channel, Answer>> = {
	slack: { status: 429, headers: { "retry-after": "1" } },
	github: { status: 403, headers: { "x-ratelimit-remaining": "0" } },
};

export function channelsIn(world: World, { limits = {}, gone, countByKey = false }: ChannelsOptions): Post {
	const limitsLeft = world.value(limits);
	const keys = world.value<readonly string[]>([]);
	const answer = (channel: Channel, event: TaskEvent, key: string): Answer => {
		const left = limitsLeft.get();
		const limit = limitOf(channel, event);
		const count = left[limit] ?? 0;
		if (count > 0) {
			limitsLeft.set({ ...left, [limit]: count - 1 });
			world.note(LIMITED);
			return TOO_MANY[channel];
		}
		if (channel === "slack" && event.taskId === gone) {
			world.note(REFUSED);
			return { error: "channel_not_found" };
		}
		if (countByKey && keys.get().includes(key)) return { ok: true };
		if (countByKey) keys.set([...keys.get(), key]);
		world.note(shownNote(channel, event));
		return { ok: true };
	};
	return async (process, channel, event, key = "") => {
		const title = `posts ${event.type} of ${event.taskId}`;
		const { ok, status, headers, error } = await process.call(title, () => answer(channel, event, key), {
			to: channel,
		});
		if (error !== undefined) throw new SlackApiError(error);
		if (!ok) throw Object.assign(new Error(`${channel} answered ${status}`), { status, headers });
	};
}

/** A module with a class of errors, loaded; a bundler has left two copies of it. */
function loadSlackClient(): new (code: string) => Error {
	return class SlackApiError extends Error {
		override readonly name = "SlackApiError";
	};
}

/** The copy that posts. */
const SlackApiError = loadSlackClient();
/** The copy that the fan-out has imported. */
const ImportedSlackApiError = loadSlackClient();

export const isImportedSlackApiError = (error: unknown): boolean => error instanceof ImportedSlackApiError;
