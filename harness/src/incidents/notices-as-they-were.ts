// The fan-out of task events as it was: a record that one channel rejects comes again for all of them.
import type { Property } from "../explore/properties.ts";
import type { Process, Scenario } from "../explore/scenario.ts";
import { serveAll } from "./miniature.ts";
import {
	type Channel,
	type ChannelsOptions,
	channelsIn,
	isImportedSlackApiError,
	type TaskEvent,
} from "./notice-channels.ts";

export interface FanOut extends ChannelsOptions {
	/** What is special about it, for its name. */
	readonly about: string;
	readonly channels: readonly Channel[];
	readonly events: readonly TaskEvent[];
	readonly properties: readonly Property[];
}

interface Batch {
	readonly events: readonly TaskEvent[];
	/** How often it has come again. */
	readonly retries: number;
}

const RETRIES_MAX = 3;

/** One record after the other, each to all channels at once; then the stream hears which records have failed. */
export function fanOutAsItWas({ about, channels, events, properties, ...options }: FanOut): Scenario {
	return {
		name: `notices: as it was, ${about}`,
		properties,
		setup(world) {
			const post = channelsIn(world, options);
			const stream = world.queue("stream");
			stream.put({ events, retries: 0 });
			const dispatch = (process: Process, event: TaskEvent, channel: Channel) =>
				post(process, channel, event).catch((error: unknown) => {
					// What Slack refuses for good is no reason to come again, where it is recognised.
					if (!isImportedSlackApiError(error)) throw error;
				});
			serveAll(world, stream, { workers: 1 }, async (process, message) => {
				const batch = message as Batch;
				const failed: number[] = [];
				for (const [index, event] of batch.events.entries()) {
					const results = await Promise.allSettled(
						channels.map((channel) => dispatch(process, event, channel)),
					);
					if (results.some(({ status }) => status === "rejected")) failed.push(index);
				}
				const [lowest] = failed;
				// All from the lowest record that has failed on; after the last retry it goes to the dead letters.
				if (lowest === undefined || batch.retries >= RETRIES_MAX) return;
				await stream.send(process, { events: batch.events.slice(lowest), retries: batch.retries + 1 });
			});
		},
	};
}
