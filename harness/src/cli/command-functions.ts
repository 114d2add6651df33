// A turn's functions as the commands of its file.
import type { Wait } from "../lease/clock.ts";
import type { TurnFunctions } from "../turn/functions.ts";
import type { FunctionCall } from "../turn/record.ts";
import { spawnFunction } from "./spawn-function.ts";
import type { TurnFile, TurnFunction } from "./turn-file.ts";

export interface CommandFunctionsPorts {
	readonly wait: Wait;
	/** What the processes inherit. */
	readonly environment: Readonly<Record<string, string | undefined>>;
}

export function commandFunctions(
	turn: Pick<TurnFile, "functions">,
	{ wait, environment }: CommandFunctionsPorts,
): TurnFunctions {
	const entryOf = ({ function_id }: FunctionCall): TurnFunction => {
		const entry = turn.functions.get(function_id);
		if (!entry) throw new Error(`There is no function "${function_id}".`);
		return entry;
	};
	return {
		needsApproval: (call) => entryOf(call).needsApproval,
		isIdempotent: (call) => entryOf(call).idempotent,
		async run(call, { signal, epoch, idempotencyKey }) {
			const { command, timeLimitMs, terminate } = entryOf(call);
			const run = {
				name: call.function_id,
				command,
				input: call.arguments,
				environment: {
					...environment,
					SESSION_LEASE_IDEMPOTENCY_KEY: idempotencyKey,
					SESSION_LEASE_EPOCH: String(epoch),
				},
				timeLimitMs,
				signal,
			};
			const answer = await spawnFunction(run, wait);
			if (!terminate) return answer;
			const text = typeof answer === "string" ? answer : JSON.stringify(answer);
			return { content: [{ type: "text", text }], details: answer, terminate };
		},
	};
}
