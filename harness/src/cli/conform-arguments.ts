// What was typed after `session-lease conform`.
import { ADAPTERS, type Adapter } from "../conformance/iii/conformance-case.ts";
import { InputError } from "./input-error.ts";
import type { OptionValues } from "./option-values.ts";

export interface ConformArguments {
	readonly command: "conform";
	readonly url: string;
	/** `undefined`: whatever the engine says that it has. */
	readonly adapter: Adapter | undefined;
	readonly json: boolean;
}

export const CONFORM_USAGE: string = `conform: whether an iii engine's state answers as the in-process engine does, case by case. It writes in
a scope of its own, session-lease-conformance-…, and deletes what it has written.

  --url <ws://…>          the engine
  --adapter <name>        ${ADAPTERS.join(", ")}: what its state is kept in (default: found out)
  --json                  the report as JSON

Exit codes: 0 all as expected; 1 the input cannot be used, or no engine with state is there; 2 some differ.
`;

export const CONFORM_OPTIONS = {
	url: { type: "string" },
	adapter: { type: "string" },
	json: { type: "boolean" },
} as const;

/** @throws InputError */
export function conformArguments(
	rest: readonly string[],
	{ url, adapter, json = false }: OptionValues<typeof CONFORM_OPTIONS>,
): ConformArguments {
	if (rest.length > 0) {
		throw new InputError(`"${rest[0]}" is one argument too many: conform takes options only.`);
	}
	if (url === undefined)
		throw new InputError("Expected the URL of an engine: conform --url ws://127.0.0.1:49134.");
	const known = ADAPTERS.find((name) => name === adapter);
	if (adapter !== undefined && known === undefined) {
		throw new InputError(`Expected --adapter to be kv, file or redis, got "${adapter}".`);
	}
	return { command: "conform", url, adapter: known, json };
}
