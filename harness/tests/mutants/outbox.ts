// Events are sent after their commit, and none is lost.
import type { Mutant } from "./mutant.ts";

export const outbox: readonly Mutant[] = [
	{
		name: "events-before-commit",
		breaks: "Events are sent before the commit that they belong to.",
		patches: [
			{
				file: "transition/run-serialized.ts",
				from: "		await this.#lease.write(record, { owed, outbox });",
				to: "		await this.#sendCommitted([...outbox]);\n		await this.#lease.write(record, { owed, outbox: [] });",
			},
			{
				file: "transition/run-serialized.ts",
				from: "record);\n		await this.#sendCommitted(outbox);",
				to: "record);",
			},
		],
		scenario: "events, two crashes",
		options: { schedulesMax: 300 },
		finds: "an event is sent that was not committed",
	},
	{
		name: "inherited-events-not-sent",
		breaks: "Whoever inherits an outbox does not send it.",
		patches: [
			{
				file: "transition/acquire-session.ts",
				from: "await sendEvents(ports, lease, lease.inherited);",
				to: "",
			},
		],
		scenario: "events, two crashes",
		options: { mode: "pct", schedulesMax: 300 },
		finds: "every committed event was sent",
	},
	{
		name: "unsent-events-dropped",
		breaks: "A release empties the outbox although an event could not be sent.",
		patches: [
			{ file: "transition/run-serialized.ts", from: "if (this.#unsent) throw this.#unsent;", to: "" },
		],
		scenario: "events, a stream that is away",
		options: { schedulesMax: 300 },
		finds: "every committed event was sent",
	},
];
