// What can happen next in a world: the running process first, then everybody else, then what may go wrong.
import type { Choice } from "./decision.ts";
import { addFaults, addRollbacks } from "./fault-choices.ts";
import type { LiveWorld } from "./live-world.ts";
import type { WorldProcess } from "./process.ts";
import { earliest } from "./time.ts";

export function choicesOf(world: LiveWorld): readonly Choice[] {
	if (world.ended) return [];
	const choices: Choice[] = [];
	const alone = world.lives.processes.find((process) => isAlone(world, process));
	if (alone) {
		addSteps(choices, world, alone, false);
		addFaults(choices, world, alone);
		// Whoever ran before it still counts as running.
		return choices.map((choice) => ({ ...choice, isAside: true }));
	}
	const running = world.lives.processes.find(({ name }) => name === world.running);
	if (running) addSteps(choices, world, running, false);
	const preempts = running !== undefined && hasWork(world, running);
	for (const process of world.lives.processes) {
		if (process !== running) addSteps(choices, world, process, preempts);
	}
	addDeliveries(choices, world, preempts);
	addEvents(choices, world, preempts);
	if (choices.length === 0) addTime(choices, world);
	if (choices.length === 0) return atRest(world);
	addLandings(choices, world, preempts);
	addFaults(choices, world);
	return choices;
}

/** Requests that are still under way may land after everything else, or never. */
function atRest(world: LiveWorld): readonly Choice[] {
	const forgets = world.faults.has("rollback") && world.moments.count > 0;
	if (world.network.stragglers.length === 0 && !forgets) return [];
	const perform = () => {
		world.ended = true;
	};
	const title = "what is still under way never lands";
	const choices: Choice[] = [{ label: ".", actor: "network", title, preempts: false, perform }];
	addLandings(choices, world, false);
	if (forgets) addRollbacks(choices, world);
	return choices;
}

const hasDueWait = (world: LiveWorld, process: WorldProcess): boolean =>
	(earliest(process.waits)?.dueMs ?? Number.POSITIVE_INFINITY) <= world.time.nowMs;

export const hasWork = (world: LiveWorld, process: WorldProcess): boolean =>
	process.status === "starting" ||
	(process.status === "live" && (process.calls.length > 0 || hasDueWait(world, process)));

/** Nobody needs to go before its next call, so it goes first. Not a matter of who ran last: equal states, equal choices. */
function isAlone(world: LiveWorld, process: WorldProcess): boolean {
	const { status, calls } = process;
	if (status !== "live" || calls.length !== 1 || calls[0]?.commutes !== true) return false;
	// What it hears meanwhile, and a clock that goes on meanwhile, could come before the answer.
	const getsMore = world.queues.some(
		(queue) => queue.deliverable().length > 0 && queue.servers().includes(process),
	);
	return !getsMore && !world.lives.processes.some((other) => nextWaitMs(world, other) !== undefined);
}

function addSteps(choices: Choice[], world: LiveWorld, process: WorldProcess, preempts: boolean): void {
	const { name, status, calls } = process;
	if (status === "starting") {
		const perform = () => world.lives.start(process);
		choices.push({ label: name, actor: name, title: "starts", preempts, perform });
		return;
	}
	for (const [index, call] of calls.entries()) {
		if (status === "paused" && call.outcome) continue;
		const perform = () => world.network.carryOut(process, call);
		choices.push({ label: process.labelOf(index), actor: name, title: call.title, call, preempts, perform });
	}
	if (status === "paused") {
		const perform = () => {
			process.status = "live";
		};
		choices.push({ label: `${name}^`, actor: name, title: "wakes up", preempts, perform });
		return;
	}
	const goesOnMs = nextWaitMs(world, process);
	if (goesOnMs === undefined) return;
	const perform = () => {
		world.time.nowMs = Math.max(world.time.nowMs, goesOnMs);
		return world.fireDue(process);
	};
	choices.push({ label: `${name}~`, actor: name, title: "has waited", preempts, perform });
}

/** When the process goes on because of the time: now, or soon if it does nothing but wait. */
function nextWaitMs(world: LiveWorld, process: WorldProcess): number | undefined {
	const { nowMs } = world.time;
	if (process.status !== "live") return undefined;
	if (hasDueWait(world, process)) return nowMs;
	if (process.calls.length > 0 || process.underWay > 0) return undefined;
	const next = earliest(process.waits, true)?.dueMs;
	return next !== undefined && next <= nowMs + world.soonMs ? next : undefined;
}

function addDeliveries(choices: Choice[], world: LiveWorld, preempts: boolean): void {
	for (const queue of world.queues) {
		const [oldest] = queue.deliverable();
		if (!oldest) continue;
		for (const process of queue.servers()) {
			const label = `${queue.name}#${oldest.number}>${process.name}`;
			const title = `gets ${oldest.text} from ${queue.name}`;
			const perform = () => queue.deliver(oldest, process, false);
			choices.push({ label, actor: process.name, title, preempts, perform });
		}
	}
}

function addEvents(choices: Choice[], { events }: LiveWorld, preempts: boolean): void {
	for (const event of events.pending) {
		const { number, title } = event;
		const perform = () => events.happen(event);
		choices.push({ label: `event#${number}`, actor: "outside", title, preempts, perform });
	}
}

function addLandings(choices: Choice[], world: LiveWorld, preempts: boolean): void {
	for (const straggler of world.network.stragglers) {
		const title = `lands late: ${straggler.title}`;
		const perform = () => world.network.land(straggler);
		choices.push({
			label: `+${straggler.number}`,
			actor: "network",
			title,
			call: straggler,
			preempts,
			perform,
		});
	}
}

/** Nothing can go on but with time. */
function addTime(choices: Choice[], world: LiveWorld): void {
	const waits = world.lives.processes
		.filter(({ status }) => status === "live")
		.flatMap((process) => earliest(process.waits, true)?.dueMs ?? []);
	const due = [...waits, ...world.queues.flatMap((queue) => queue.nextDueMs() ?? [])];
	if (due.length === 0) return;
	const nextMs = Math.min(...due);
	const perform = () => {
		world.time.nowMs = nextMs;
	};
	const title = `passes, until ${nextMs} ms`;
	choices.push({ label: ">", actor: "time", title, preempts: false, perform });
}
