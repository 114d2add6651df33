// What state is kept in: iii's adapters do not answer alike, and what an update makes of a value is theirs to say.
import type { Json } from "./json.ts";
import type { Applied } from "./op-outcome.ts";
import { applyRedisUpdate } from "./redis-update.ts";
import type { UpdateOp } from "./update-op.ts";
import { applyUpdateOps } from "./update-ops.ts";

/** iii's adapters for state; `file_based` is a `kv` too, and answers alike. */
export type StateAdapterName = "kv" | "redis";

export interface StateAdapter {
	/** `undefined` is a missing key. `before` is never changed; what `ops` carry may become part of the value. */
	update(before: Json | undefined, ops: readonly UpdateOp[]): Applied<Json>;
	/** A scope whose last key was deleted is still listed. */
	readonly keepsEmptyScopes: boolean;
	/** An update of a stored null is told as `state:created`; a set is not. */
	readonly createsOverNull: boolean;
}

const ADAPTERS: Readonly<Record<StateAdapterName, StateAdapter>> = {
	kv: { update: applyUpdateOps, keepsEmptyScopes: true, createsOverNull: false },
	redis: { update: applyRedisUpdate, keepsEmptyScopes: false, createsOverNull: true },
};

/** @throws TypeError if there is no adapter of that name. */
export function stateAdapter(name: StateAdapterName): StateAdapter {
	if (Object.hasOwn(ADAPTERS, name)) return ADAPTERS[name];
	throw new TypeError(`Expected \`state\` to be "kv" or "redis", got \`${JSON.stringify(name)}\`.`);
}
