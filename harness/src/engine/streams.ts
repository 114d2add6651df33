// Streams: items by stream, group and item id, of which the last one written under an id counts.
import type { Builtin, Input } from "./input.ts";
import type { Json } from "./json.ts";

export interface StreamItem {
	readonly item_id: string;
	readonly data: Json;
}

export interface Streams {
	readonly builtins: Readonly<Record<string, Builtin>>;
	/** The items of a group, in the order in which their ids first came. */
	items(streamName: string, groupId: string): readonly StreamItem[];
}

/** Set, get and list. No subscribers, no stream triggers. */
export function createStreams(): Streams {
	const groups = new Map<string, Map<string, Json>>();
	const read = (streamName: string, groupId: string) =>
		groups.get(JSON.stringify([streamName, groupId])) ?? new Map<string, Json>();
	const groupOf = (input: Input) => [input.text("stream_name"), input.text("group_id")] as const;

	const builtins: Record<string, Builtin> = {
		"stream::set": (input) => {
			const [streamName, groupId] = groupOf(input);
			const itemId = input.text("item_id");
			const data = input.value("data");
			const items = read(streamName, groupId);
			const before = items.get(itemId) ?? null;
			items.set(itemId, data);
			groups.set(JSON.stringify([streamName, groupId]), items);
			return { old_value: before, new_value: data };
		},
		"stream::get": (input) => read(...groupOf(input)).get(input.text("item_id")),
		"stream::list": (input) => [...read(...groupOf(input)).values()],
	};
	return {
		builtins,
		items: (streamName, groupId) =>
			[...read(streamName, groupId)].map(([item_id, data]) => ({ item_id, data })),
	};
}
