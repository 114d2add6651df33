// State: values by scope and key, and iii's six functions on them.
import { EngineError } from "./errors.ts";
import type { Builtin, Input } from "./input.ts";
import type { Json } from "./json.ts";
import type { Persistence } from "./persistence.ts";
import type { StateAdapter } from "./state-adapter.ts";
import { readOps } from "./update-op.ts";

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

export interface StatePorts {
	readonly adapter: StateAdapter;
	readonly persistence: Pick<Persistence, "kept" | "keep">;
	/** How long a value may be that is set, as JSON. An update may make a longer one. @default no limit */
	readonly valueBytesMax?: number | undefined;
	/** Hears of every write, also of one that changed nothing, after it and before its answer. */
	readonly onWrite: (event: StateEvent) => void;
}

export function createState({ adapter, persistence, valueBytesMax, onWrite }: StatePorts): State {
	const { kept, keep } = persistence;
	// Stored values are replaced, never changed: an answer or an event may hold on to one.
	const scopes = new Map([...kept.state].map(([scope, values]) => [scope, new Map(values)]));
	const read = (scope: string) => scopes.get(scope) ?? new Map<string, Json>();

	const write = (scope: string, key: string, value: Json, createsOverNull: boolean = false) => {
		const values = read(scope);
		const before = values.get(key);
		keep({ change: "set", scope, key, value });
		values.set(key, value);
		scopes.set(scope, values);
		const isCreated = before === undefined || (createsOverNull && before === null);
		const event_type = isCreated ? "state:created" : "state:updated";
		onWrite({ type: "state", event_type, scope, key, old_value: before ?? null, new_value: value });
		return { old_value: before ?? null, new_value: value };
	};

	const builtins: Record<string, Builtin> = {
		"state::get": (input) => read(input.text("scope")).get(input.text("key")),
		"state::set": (input) => {
			const value = valueToSet(input);
			const scope = input.text("scope");
			const key = input.text("key");
			checkSize(value, valueBytesMax);
			return write(scope, key, value);
		},
		"state::update": (input) => {
			const scope = input.text("scope");
			const key = input.text("key");
			const { value, errors } = adapter.update(read(scope).get(key), readOps(input));
			const written = write(scope, key, value, adapter.createsOverNull);
			return errors.length === 0 ? written : { ...written, errors };
		},
		"state::delete": (input) => {
			const scope = input.text("scope");
			const key = input.text("key");
			const before = read(scope).get(key);
			keep({ change: "delete", scope, key });
			const values = scopes.get(scope);
			values?.delete(key);
			if (values?.size === 0 && !adapter.keepsEmptyScopes) scopes.delete(scope);
			const event_type = "state:deleted";
			onWrite({ type: "state", event_type, scope, key, old_value: before ?? null, new_value: null });
			return before;
		},
		"state::list": (input) => [...read(input.text("scope")).values()],
		"state::list_groups": () => ({ groups: [...scopes.keys()].sort() }),
	};
	return { builtins, scope: read };
}

function valueToSet(input: Input): Json {
	const [value, data] = [input.optional("value"), input.optional("data")];
	if (value !== undefined && data !== undefined) throw input.refuse("duplicate field `value`");
	return data ?? input.value(data === undefined ? "value" : "data");
}

/** @throws EngineError `VALUE_TOO_LARGE` */
function checkSize(value: Json, bytesMax: number | undefined): void {
	if (bytesMax === undefined) return;
	const bytes = Buffer.byteLength(JSON.stringify(value));
	if (bytes <= bytesMax) return;
	const reason = `value of ${bytes} bytes exceeds the configured max_value_bytes limit of ${bytesMax}`;
	throw new EngineError("VALUE_TOO_LARGE", reason, "state::set");
}
