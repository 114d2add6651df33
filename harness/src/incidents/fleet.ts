// A fleet that leaks its machines, gives one to two tasks, and fails a task twice.
import type { FaultBudgets } from "../explore/faults.ts";
import { deadline } from "./fleet-deadline.ts";
import { FAILS_TWICE, type PolledOptions, polled, polledAsItWas } from "./fleet-polls.ts";
import { claimedByTag, neverFreed, neverUndone, STAYS_BUSY, TWO_TASKS } from "./fleet-tags.ts";
import { type ClaimedOptions, claimed } from "./fleet-tasks.ts";
import type { Extent, HeldScenario, Incident, IncidentCase } from "./incident.ts";

const BOTH: FaultBudgets = { crash: 1, redelivery: 1 };
const FEW: Extent = { preemptionsMax: 2 };
const DRAWN: Extent = { drawn: 10_000 };

const quick = (options: ClaimedOptions): HeldScenario => ({ scenario: claimed(options), extent: "all" });

const long = (extent: Extent, options: ClaimedOptions): HeldScenario => ({
	scenario: claimed(options),
	extent,
	takesLong: true,
});

const claims: IncidentCase = {
	title: "two orchestrators take one machine",
	broken: { scenario: claimedByTag("tagged"), breaks: TWO_TASKS },
	reported: { scenario: claimedByTag("tagged, then verified"), breaks: TWO_TASKS },
	piece:
		"`dispatchToMember` claims one idle machine of many under the pool's lease, with a token that the command bears; " +
		"`claimMember` gives a task that comes again the claim that it has.",
	held: [
		quick({ machines: 2 }),
		quick({ machines: 2, goesOn: true, faults: { redelivery: 1 } }),
		quick({ tasks: 1, machines: 1, faults: { redelivery: 1 } }),
		long("all", { machines: 2, goesOn: true, faults: { crash: 1 } }),
		long(FEW, { machines: 2, faults: { crash: 1 } }),
		long(FEW, { machines: 2, faults: { redelivery: 1 } }),
		long(DRAWN, { machines: 2, faults: BOTH }),
		long(DRAWN, { machines: 1, faults: BOTH }),
	],
};

const leaks: IncidentCase = {
	title: "a machine stays busy after a dispatch that throws, and after a cancel",
	broken: { scenario: neverUndone(), breaks: STAYS_BUSY },
	reported: { scenario: neverFreed(), breaks: STAYS_BUSY },
	piece:
		"`dispatchToMember` undoes the claim of a dispatch that has failed, unless the command may have started; " +
		"`freeMember` frees it once the command has ended or was stopped; one that nobody comes back for, or renews with " +
		"`renewClaim`, is another task's after its deadline, under a higher token.",
	held: [
		quick({ machines: 1, refuses: "t1" }),
		quick({ machines: 2, goesOn: true, faults: { lostReply: 1 } }),
		quick({ tasks: 1, machines: 1, goesOn: true, refuses: "the second", faults: { crash: 1 } }),
		quick({ tasks: 1, machines: 1, goesOn: true, cancels: true }),
		long("all", { tasks: 1, machines: 1, goesOn: true, refuses: "the second", faults: { redelivery: 1 } }),
		{ scenario: deadline("crash"), extent: "all", takesLong: true },
		{ scenario: deadline("pause"), extent: FEW, takesLong: true },
		long(FEW, { machines: 1, refuses: "the second", faults: { lostReply: 1 } }),
		long(FEW, { machines: 1, refuses: "the second", faults: { crash: 1 } }),
		long(FEW, { tasks: 1, machines: 1, goesOn: true, cancels: true, faults: { crash: 1 } }),
		long(FEW, { machines: 1, goesOn: true, cancels: true, faults: { redelivery: 1 } }),
		long(DRAWN, { machines: 1, cancels: true, faults: BOTH }),
	],
};

const threshold = (
	inARow: number,
	faults: FaultBudgets,
	reading: PolledOptions["reading"] = "poll_failed",
): HeldScenario["scenario"] => polled({ reading, threshold: inARow, faults });

const polls: IncidentCase = {
	title: "a threshold of polls fails its task once for each step that comes again",
	broken: { scenario: polledAsItWas(2), breaks: FAILS_TWICE },
	reported: { scenario: polledAsItWas(5), breaks: FAILS_TWICE },
	piece:
		"`notePoll` counts polls by their numbers, whatever backend they are of; `threshold_reached` leaves once, from the " +
		"outbox, under one id, and `writeStatus` fails the task because of it, with `task_failed` in its own.",
	held: [
		{ scenario: threshold(2, { crash: 1 }), extent: "all" },
		{ scenario: threshold(2, { redelivery: 1 }), extent: "all" },
		{ scenario: threshold(2, BOTH), extent: FEW, takesLong: true },
		{ scenario: threshold(3, { crash: 1 }), extent: "all", takesLong: true },
		{ scenario: threshold(3, { redelivery: 1 }), extent: FEW, takesLong: true },
		{ scenario: threshold(5, { crash: 1 }, "done_without_end"), extent: FEW, takesLong: true },
		{ scenario: threshold(5, { redelivery: 1 }, "done_without_end"), extent: FEW, takesLong: true },
		{ scenario: threshold(5, BOTH, "done_without_end"), extent: DRAWN, takesLong: true },
	],
};

export const fleet: Incident = {
	name: "fleet",
	title: "A fleet leaks its machines, and gives one to two tasks",
	happened:
		"A fleet kept in tags which of its machines are idle. An orchestrator listed these, tagged the first one busy with its " +
		"task, and sent it the command: two orchestrators could tag the same one, and a send that threw left it busy. It was " +
		"mended by reading the tag again before sending, after which both could still win, one after the other, and by tagging " +
		"the machine idle again without a look at whose it was. A cancel stopped the command, and no step of it freed the " +
		"machine. Polls failed a task after 3 errors in a row, or when a backend said done 5 times while the task's record had " +
		"not ended: the write of `FAILED` was allowed to fail, and `task_failed` was sent either way, by each step that came " +
		"again; names and texts were those of another backend.",
	sources: [
		"https://github.com/aws-samples/sample-autonomous-cloud-coding-agents/pull/31",
		"https://github.com/aws-samples/sample-autonomous-cloud-coding-agents/pull/32",
	],
	cases: [claims, leaks, polls],
};
