// What may go wrong next with a process and its calls, and with everything else, as far as the budgets allow it.
import { OutcomeUnknownError } from "../lease/errors.ts";
import type { Choice } from "./decision.ts";
import type { LiveWorld } from "./live-world.ts";
import type { PendingCall } from "./pending-call.ts";
import type { WorldProcess } from "./process.ts";
import { addQueueFaults } from "./queue-faults.ts";

/** All that may go wrong; with `only`, what may happen to that process, and to the time. */
export function addFaults(choices: Choice[], world: LiveWorld, only?: WorldProcess): void {
	const { faults, lives } = world;
	if (faults.isEmpty) return;
	const busy = lives.processes.filter(({ active, calls }) => active > 0 || calls.length > 0);
	for (const process of only ? [only] : busy) addProcessFaults(choices, world, process);
	if (faults.has("expiry") && busy.length > 0) addExpiry(choices, world);
	if (only) return;
	if (faults.has("skew")) addSkews(choices, world);
	addQueueFaults(choices, world);
	if (faults.has("rollback")) addRollbacks(choices, world);
	if (faults.has("lostTrigger")) addLostEvents(choices, world);
}

function addProcessFaults(choices: Choice[], world: LiveWorld, process: WorldProcess): void {
	const { name: actor, calls, status } = process;
	const { faults } = world;
	if (faults.has("crash") && process.plan.crashes) addDeath(choices, world, process);
	if (status !== "live") return;
	for (const [index, call] of calls.entries()) {
		// It has been applied: nothing can happen to it any more.
		if (call.outcome) continue;
		const of: CallOf = { process, call, label: process.labelOf(index) };
		if (faults.has("crash") && process.plan.crashes) addDeathsAt(choices, world, of);
		if (faults.has("lostReply")) addLostReply(choices, world, of);
		// A read that is delayed, or sent twice, is no more than one whose reply was lost; nor is what commutes.
		const mayLandLate = !call.readsOnly && !call.commutes;
		if (faults.has("delay") && mayLandLate) addDelay(choices, world, of);
		if (faults.has("twice") && mayLandLate) addTwice(choices, world, of);
	}
	if (!faults.has("pause")) return;
	const perform = () => {
		process.status = "paused";
		world.time.nowMs += world.expiryMs;
	};
	const title = "stands still, and time passes";
	choices.push({ label: `${actor}!pause`, actor, title, fault: "pause", preempts: false, perform });
}

interface CallOf {
	readonly process: WorldProcess;
	readonly call: PendingCall;
	readonly label: string;
}

function addDeath(choices: Choice[], { lives }: LiveWorld, process: WorldProcess): void {
	const { name: actor, calls } = process;
	const [call] = calls;
	const label = `${actor}!dies`;
	const perform = () => lives.crash(process);
	if (call) {
		const title = `dies before it ${call.outcome ? "hears of" : "is applied"}: ${call.title}`;
		choices.push({ label, actor, title, call, fault: "crash", preempts: false, perform });
	} else {
		choices.push({ label, actor, title: "dies while it waits", fault: "crash", preempts: false, perform });
	}
}

function addDeathsAt(
	choices: Choice[],
	{ lives, network }: LiveWorld,
	{ process, call, label }: CallOf,
): void {
	if (!call.readsOnly) {
		choices.push({
			label: `${label}!dies-applied`,
			actor: process.name,
			title: `dies before the reply: ${call.title}`,
			call,
			fault: "crash",
			preempts: false,
			// The same as to die, and the request lands next, if it does: whoever explores everything has seen that.
			isImplied: !call.commutes,
			perform: () => {
				process.drop(call);
				lives.crash(process);
				network.applyUnheard(call);
			},
		});
	}
	choices.push({
		label: `${label}!dies-replied`,
		actor: process.name,
		title: `dies after the reply: ${call.title}`,
		call,
		fault: "crash",
		preempts: false,
		perform: () => {
			process.dies = true;
			network.carryOut(process, call);
		},
	});
}

const UNANSWERED = "The connection was lost: the request may or may not have been applied.";

function loseReply(process: WorldProcess, call: PendingCall): void {
	process.drop(call);
	process.hear(call, { error: new OutcomeUnknownError(UNANSWERED) });
}

function addLostReply(choices: Choice[], { network }: LiveWorld, { process, call, label }: CallOf): void {
	choices.push({
		label: `${label}!lost`,
		actor: process.name,
		title: `loses the reply: ${call.title}`,
		call,
		fault: "lostReply",
		preempts: false,
		perform: () => {
			network.applyUnheard(call);
			loseReply(process, call);
		},
	});
}

function addDelay(choices: Choice[], { network }: LiveWorld, { process, call, label }: CallOf): void {
	choices.push({
		label: `${label}!late`,
		actor: process.name,
		title: `is delayed: ${call.title}`,
		call,
		fault: "delay",
		preempts: false,
		perform: () => {
			network.strand(call);
			loseReply(process, call);
		},
	});
}

function addTwice(choices: Choice[], { network }: LiveWorld, { process, call, label }: CallOf): void {
	choices.push({
		label: `${label}!twice`,
		actor: process.name,
		title: `is sent twice: ${call.title}`,
		call,
		fault: "twice",
		preempts: false,
		perform: () => {
			network.strand(call);
			network.carryOut(process, call);
		},
	});
}

function addSkews(choices: Choice[], world: LiveWorld): void {
	for (const process of world.lives.processes) {
		if (process.status !== "starting") continue;
		const { name: actor } = process;
		const perform = () => {
			process.aheadMs = world.skewMs;
			process.history.add("ahead");
			world.lives.start(process);
		};
		const title = `starts with a wall clock ${world.skewMs} ms ahead`;
		choices.push({ label: `${actor}!ahead`, actor, title, fault: "skew", preempts: false, perform });
	}
}

function addExpiry(choices: Choice[], world: LiveWorld): void {
	const perform = () => {
		world.time.nowMs += world.expiryMs;
	};
	const title = `jumps by ${world.expiryMs} ms`;
	choices.push({ label: "expiry", actor: "time", title, fault: "expiry", preempts: false, perform });
}

export function addRollbacks(choices: Choice[], world: LiveWorld): void {
	for (let back = 1; back <= world.moments.count; back++) {
		const title = `forgets its last ${back === 1 ? "change" : `${back} changes`}`;
		const perform = () => world.rollBack(back);
		const label = `rollback:${back}`;
		choices.push({ label, actor: "store", title, fault: "rollback", preempts: false, perform });
	}
}

function addLostEvents(choices: Choice[], { events }: LiveWorld): void {
	for (const event of events.pending) {
		const { number, title } = event;
		choices.push({
			label: `event#${number}!lost`,
			actor: "outside",
			title: `never happens: ${title}`,
			fault: "lostTrigger",
			preempts: false,
			perform: () => events.lose(event),
		});
	}
}
