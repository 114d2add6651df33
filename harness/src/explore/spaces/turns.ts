// A turn whose approvals arrive in parallel, from its parked record to its end: no wake is lost, nothing runs twice.
import { createLeases } from "../../system/leases.ts";
import type { Handle } from "../../transition/context.ts";
import { readDecision } from "../../turn/approvals.ts";
import { awaitingApproval } from "../../turn/awaiting-approval.ts";
import { parkOrEnd, prepareBatch } from "../../turn/batch.ts";
import type { TurnFunctions } from "../../turn/functions.ts";
import { type IIIPorts, iiiPorts } from "../../turn/iii-ports.ts";
import { newTurn, type TurnRecord } from "../../turn/record.ts";
import { resolveApproval } from "../../turn/resolve-approval.ts";
import { runOnPorts } from "../../turn/run-transition.ts";
import { stopTurn } from "../../turn/steering-check.ts";
import { turnMachine } from "../../turn/turn-machine.ts";
import type { FaultBudgets } from "../faults.ts";
import { engineIn, type FunctionMessage, type WorldEngine } from "../iii.ts";
import { recordStaysSmall, signalInTime, watchLeases, worksOn } from "../lease-properties.ts";
import { always, atMostOnce, sometimes } from "../properties.ts";
import type { Queue } from "../queue.ts";
import type { Process, Scenario, World } from "../scenario.ts";
import { releasedSession } from "../session-record.ts";
import {
	comesToItsEnd,
	happensTimes,
	isReleased,
	outboxIsEmpty,
	terminalIsFinal,
} from "../transition-properties.ts";
import { SESSION, SKEW_MS, TTL_MS } from "./contenders.ts";

export interface TurnOptions {
	readonly name: string;
	readonly faults: FaultBudgets;
	/** How many calls are parked, each to be allowed by a person of its own. */
	readonly approvals: number;
	readonly workers: readonly string[];
}

export function parallelApprovals({ name, faults, approvals, workers }: TurnOptions): Scenario {
	const calls = Array.from({ length: approvals }, (_, index) => `c${index + 1}`);
	return {
		name,
		faults,
		expiryMs: TTL_MS + SKEW_MS + 1,
		properties: [
			...calls.map((call) => atMostOnce(`ran ${call}`)),
			comesToItsEnd(SESSION, turnMachine),
			terminalIsFinal(SESSION, turnMachine),
			isReleased(SESSION),
			outboxIsEmpty(SESSION),
			happensTimes("turn_end on agent::events", 1),
			happensTimes("turn_end on agent::turn_end", 1),
			always("no call ends that has not started", ({ count }) => count(END) <= count(START)),
			always(`at most ${WAKES_MAX} wakes are sent`, ({ count }) => count("wake") <= WAKES_MAX),
			signalInTime(),
			recordStaysSmall(SESSION, 14),
			...calls.map((call) => sometimes(`${call} runs`, ({ count }) => count(`ran ${call}`) > 0)),
		],
		setup(world) {
			world.records.set(SESSION, parkedFields(calls));
			const queue = world.queue("turn-step", { deliveriesMax: DELIVERIES_MAX, backoffMs: 0 });
			const engine = engineIn(world, {
				queue,
				scopes: ["approvals"],
				eventsCommute: true,
				streams: [
					["agent::events", SESSION],
					["agent::turn_end", SESSION],
				],
			});
			for (const worker of workers) {
				world.process(worker, (process) => work(world, engine, queue, process), { perMessage: true });
			}
			for (const call of calls) {
				world.process(`p${call}`, (process) => allow(engine, process, call), { crashes: false });
			}
			// Parking wakes the session once, and nobody has looked yet.
			queue.put({ functionId: "turn::function_awaiting_approval", payload: { session_id: SESSION } });
		},
	};
}

/** Each person sends one, each transition one, and the rest are batons. */
const WAKES_MAX = 12;
/** One message that comes more often than this never comes to rest. */
const DELIVERIES_MAX = 12;

function functionsOf(world: World, process: Process): TurnFunctions {
	return {
		needsApproval: () => true,
		isIdempotent: () => false,
		run: ({ id }, context) => {
			worksOn(process, context);
			const act = () => {
				world.note(`ran ${id}`);
				return { ran: id };
			};
			return process.call(`runs ${id}`, act, { commutes: true });
		},
	};
}

function portsOf(engine: WorldEngine, process: Process) {
	const iii = engine.connect(process);
	const { store, ports, observe } = process;
	const options = { store, ports, observe, owner: process.name, ttlMs: TTL_MS, skewMs: SKEW_MS };
	const leases = watchLeases(process, createLeases<TurnRecord>(options));
	const onIII = iiiPorts(iii, { machine: turnMachine, leases, newId: ports.newId });
	const wake: typeof onIII.wake = async (sessionId, state) => {
		await onIII.wake(sessionId, state);
		process.note("wake");
	};
	return { iii, ports: { ...onIII, wake } };
}

function work(world: World, engine: WorldEngine, queue: Queue, process: Process): void {
	const { iii, ports } = portsOf(engine, process);
	const functions = functionsOf(world, process);
	const nowMs = process.ports.clock.wallMs;
	const decisionOf = (sessionId: string, callId: string) => readDecision(iii, sessionId, callId);
	const handlers: Readonly<Record<string, Handle<TurnRecord>>> = {
		function_awaiting_approval: awaitingApproval({ functions, nowMs, decisionOf }),
		steering_check: stopTurn(nowMs),
	};
	queue.serve(process, (message) => runMessage(ports, handlers, message as FunctionMessage));
}

async function runMessage(
	ports: IIIPorts<TurnRecord>,
	handlers: Readonly<Record<string, Handle<TurnRecord>>>,
	{ functionId, payload }: FunctionMessage,
): Promise<unknown> {
	const state = functionId.replace("turn::", "");
	const handle = handlers[state];
	if (!handle) throw new Error(`Nobody handles ${functionId}.`);
	return runOnPorts(ports, state, handle, payload as { session_id: string }, { serialize: true });
}

function allow(engine: WorldEngine, process: Process, callId: string): void {
	const { iii, ports } = portsOf(engine, process);
	process.task(async () => {
		const payload = { session_id: SESSION, function_call_id: callId, decision: "allow" };
		for (let asked = 1; ; asked++) {
			try {
				const answer = await resolveApproval(iii, ports, payload);
				if (answer.ok) return;
				throw new Error(`The decision does not count: ${answer.error}`);
			} catch (error) {
				// Whoever hears nothing asks again.
				if (asked === ASKED_MAX) throw error;
				await process.ports.wait(SOON_MS);
			}
		}
	});
}

/** More often than there are faults to keep a person from an answer. */
const ASKED_MAX = 10;
const SOON_MS = 10;

/** Epoch 1 has parked the turn, and was released. */
function parkedFields(calls: readonly string[]) {
	const message = {
		role: "assistant" as const,
		content: calls.map((id) => ({ type: "function_call" as const, id, function_id: "act", arguments: {} })),
		stop_reason: "function_call",
	};
	const prepared = prepareBatch(newTurn(SESSION, message, 0), { needsApproval: () => true } as never);
	const parked = parkOrEnd(prepared, undefined as never, 0);
	return releasedSession(parked, { owed: true });
}

const START = "function_execution_start on agent::events";
const END = "function_execution_end on agent::events";
