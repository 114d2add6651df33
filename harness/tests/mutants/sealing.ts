// What a takeover has to put under its own epoch before it may begin.
import type { Mutant } from "./mutant.ts";

const SEALED = "const sealed = takeover || standing?.unheld === true;";
const SEAL = '{ value: text, owed: true, ...(outbox === "" ? {} : { outbox }) }';

export const sealing: readonly Mutant[] = [
	{
		name: "no-seal",
		breaks: "A takeover begins without putting what it inherits under its own epoch.",
		patches: [
			{ file: "lease/acquire.ts", from: SEALED, to: "const sealed = false;" },
			{ file: "lease/acquire.ts", from: "owed: sealed || isOwed", to: "owed: takeover || isOwed" },
		],
		scenario: "a writer and two readers",
		options: { schedulesMax: 500 },
		finds: "the last value stands",
	},
	{
		name: "no-seal-without-a-value",
		breaks: "A takeover that finds no value seals nothing.",
		patches: [{ file: "lease/acquire.ts", from: "if (sealed) {", to: "if (sealed && standing) {" }],
		scenario: "a writer and two readers",
		options: { schedulesMax: 500 },
		finds: "the last value stands",
	},
	{
		name: "seal-without-outbox",
		breaks: "The seal takes the value over, and not the events that were committed with it.",
		patches: [{ file: "lease/acquire.ts", from: SEAL, to: "{ value: text, owed: true }" }],
		scenario: "events, two crashes",
		options: { mode: "pct", schedulesMax: 300 },
		finds: "every committed event was sent",
	},
	{
		name: "seal-without-owed",
		breaks: "The seal does not say that a wake is owed, and removes the marks that said it.",
		patches: [
			{ file: "lease/acquire.ts", from: SEAL, to: SEAL.replace("true", "false") },
			{ file: "lease/acquire.ts", from: "owed: sealed || isOwed", to: "owed: isOwed" },
		],
		scenario: "news beside a stale wake, two crashes, a jump",
		options: { mode: "pct", seed: 5, schedulesMax: 600 },
		finds: "the session has ended",
	},
];
