// The published designs that the lease replaces, written anew from their descriptions: there is nothing to patch.
import type { Mutant } from "./mutant.ts";

export const designs: readonly Mutant[] = [
	{
		name: "counter-lease",
		breaks: "A counter of holders, with the moment when they came in another key that nobody clears.",
		patches: [],
		scenario: "counter lease, two batches",
		options: { schedulesMax: 1_000 },
		finds: "a call runs twice",
	},
	{
		name: "swap-and-put-back",
		breaks: "A claim is swapped in; whoever has clobbered a live one puts that back.",
		patches: [],
		scenario: "swap and put back",
		options: { schedulesMax: 1_000 },
		finds: "no claim stands that nobody holds",
	},
	{
		name: "lock-without-a-fence",
		breaks: "A lock with a TTL, and nothing that stops a late holder.",
		patches: [],
		scenario: "lock without a fence",
		options: { schedulesMax: 1_000 },
		finds: "a call runs twice",
	},
];
