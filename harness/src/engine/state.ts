// State: values by scope and key, and iii's six functions on them.
import type { Builtin } from "./input.ts";
import type { Json } from "./json.ts";
import { readOps } from "./update-op.ts";
import { applyUpdateOps } from "./update-ops.ts";

/** What a state trigger's handler is told of a write. */
export interface StateEvent {
	readonly type: "state";
	readonly event_type: "state:created" | "state:updated" | "state:deleted";
	readonly scope: string;
	readonly key: string;
	readonly old_value: Json;
	readonly new_value: Json;
}

export interface State {
	readonly builtins: Readonly<Record<string, Builtin>>;
	/** The values of a scope by key, as stored: not to be changed. */
	scope(name: string): ReadonlyMap<string, Json>;
}

/** `onWrite` hears of every write, also of one that changed nothing, after it and before its answer. */
export function createState(onWrite: (event: StateEvent) => void): State {
	// Stored values are replaced, never changed: an answer or an event may hold on to one. A scope outlives its keys.
	const scopes = new Map<string, Map<string, Json>>();
	const read = (scope: string) => scopes.get(scope) ?? new Map<string, Json>();

	const write = (scope: string, key: string, value: Json) => {
		const values = read(scope);
		const before = values.get(key);
		values.set(key, value);
		scopes.set(scope, values);
		const event_type = before === undefined ? "state:created" : "state:updated";
		onWrite({ type: "state", event_type, scope, key, old_value: before ?? null, new_value: value });
		return { old_value: before ?? null, new_value: value };
	};

	const builtins: Record<string, Builtin> = {
		"state::get": (input) => read(input.text("scope")).get(input.text("key")),
		"state::set": (input) => {
			const value = input.optional("value") ?? input.optional("data") ?? input.value("value");
			return write(input.text("scope"), input.text("key"), value);
		},
		"state::update": (input) => {
			const scope = input.text("scope");
			const key = input.text("key");
			const { value, errors } = applyUpdateOps(read(scope).get(key), readOps(input));
			const written = write(scope, key, value);
			return errors.length === 0 ? written : { ...written, errors };
		},
		"state::delete": (input) => {
			const scope = input.text("scope");
			const key = input.text("key");
			const before = read(scope).get(key);
			scopes.get(scope)?.delete(key);
			const event_type = "state:deleted";
			onWrite({ type: "state", event_type, scope, key, old_value: before ?? null, new_value: null });
			return before;
		},
		"state::list": (input) => [...read(input.text("scope")).values()],
		"state::list_groups": () => ({ groups: [...scopes.keys()].sort() }),
	};
	return { builtins, scope: read };
}
