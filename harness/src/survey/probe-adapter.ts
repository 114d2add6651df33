// Which adapter serves state, where the engine does not say: redis writes an empty list back as an empty object.
import type { IIIClient } from "../stores/iii-client.ts";
import { ask, fieldOf } from "./ask.ts";
import type { StateAdapter } from "./survey.ts";

const SCOPE = "session_lease_probe";
const KEY = "adapter";

/** Leaves nothing behind. */
export async function probeAdapter(iii: Pick<IIIClient, "trigger">): Promise<StateAdapter> {
	const ops = [{ type: "set", path: "list", value: [] }];
	await ask(iii, "state::update", { scope: SCOPE, key: KEY, ops });
	const asked = await ask(iii, "state::get", { scope: SCOPE, key: KEY });
	await ask(iii, "state::delete", { scope: SCOPE, key: KEY });
	const list = asked.answered ? fieldOf(asked.answer, "list") : undefined;
	if (Array.isArray(list)) return "not redis";
	return typeof list === "object" && list !== null ? "redis" : "unknown";
}
