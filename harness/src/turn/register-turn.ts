// The turn's functions and its trigger on an iii engine.
import { SessionLeaseError } from "../lease/errors.ts";
import { type AcquireOptions, checkSessionId } from "../lease/options.ts";
import { withTimeout } from "../stores/call-timeout.ts";
import type { FunctionHandler, IIIClient } from "../stores/iii-client.ts";
import { realPorts } from "../system/leases.ts";
import type { Handle } from "../transition/context.ts";
import { readSession, type StartOptions, startSession, wakeSession } from "../transition/session.ts";
import { APPROVALS_SCOPE, isPlainDecision, parseApprovalKey, readDecision } from "./approvals.ts";
import { awaitingApproval } from "./awaiting-approval.ts";
import { functionExecute } from "./function-execute.ts";
import type { TurnFunctions } from "./functions.ts";
import { type IIIPorts, type IIIPortsOptions, iiiPorts } from "./iii-ports.ts";
import { type AssistantMessage, callsOf, newTurn, type TurnRecord } from "./record.ts";
import { resolveApproval } from "./resolve-approval.ts";
import { runOnPorts } from "./run-transition.ts";
import { startTurn } from "./start-turn.ts";
import { stopTurn } from "./steering-check.ts";
import { turnMachine } from "./turn-machine.ts";

export interface RegisterTurnOptions
	extends Omit<IIIPortsOptions<TurnRecord>, "machine" | "functionOf" | "newId"> {
	readonly functions: TurnFunctions;
	/** Wall clock, milliseconds since 1970. @default this machine's */
	readonly nowMs?: () => number;
	/** A new random id. @default a random UUID */
	readonly newId?: () => string;
	/** Ends the ids of this worker's functions (`turn::get_state::<worker>`): several workers share an engine. */
	readonly worker?: string;
	/** Puts every transition under the session's lease. @default true */
	readonly serialize?: boolean;
	/** What `steering_check` does; `false`: somebody else registers it. @default stops the turn */
	readonly steer?: Handle<TurnRecord> | false;
	readonly acquire?: AcquireOptions;
}

export interface RegisteredTurn {
	readonly ports: IIIPorts<TurnRecord>;
	/**
	 * Starts a turn with the assistant's message and wakes it; rejects as `startSession` does.
	 * @throws SessionLeaseError (`option_invalid`) if the message asks for no calls, or for two with one id.
	 */
	start(sessionId: string, message: AssistantMessage, options?: StartOptions): Promise<void>;
	/** Wakes the session for the state that it is in. */
	wake(sessionId: string): Promise<void>;
	unregister(): void;
}

export function registerTurn(iii: IIIClient, options: RegisterTurnOptions): RegisteredTurn {
	const { nowMs = realPorts.clock.wallMs, newId = realPorts.newId } = options;
	const { worker, functions, steer = stopTurn(nowMs), serialize = true, acquire } = options;
	const own = acquire ? { acquire } : {};
	const idOf = (name: string) => (worker === undefined ? name : `${name}::${worker}`);
	const functionOf = (state: string) => idOf(`turn::${state}`);
	const engine = withTimeout(iii, options.timeoutMs);
	const ports = iiiPorts(engine, { ...options, newId, machine: turnMachine, functionOf });
	const registered: { unregister(): void }[] = [];
	const register = (name: string, handler: FunctionHandler) =>
		registered.push(iii.registerFunction(idOf(name), handler));
	const transition = (state: string, handle: Handle<TurnRecord>) =>
		register(`turn::${state}`, (payload) => runOnPorts(ports, state, handle, payload, { serialize, ...own }));

	const start: RegisteredTurn["start"] = async (sessionId, message, startOptions = {}) => {
		checkSessionId(sessionId);
		checkMessage(message);
		const record = newTurn(sessionId, message, nowMs());
		if (serialize) return startSession(ports, sessionId, record, { ...own, ...startOptions });
		await ports.plain.save(sessionId, record);
		await ports.wake(sessionId, record.state);
	};
	const decisionOf = (sessionId: string, callId: string) => readDecision(engine, sessionId, callId);
	transition("function_execute", functionExecute({ functions, nowMs }));
	transition("function_awaiting_approval", awaitingApproval({ functions, nowMs, decisionOf }));
	if (steer) transition("steering_check", steer);
	// Its caller is no queue: turned away, it is told so at once.
	const startNow: RegisteredTurn["start"] = (sessionId, message) =>
		start(sessionId, message, { acquire: { waitMs: 0, ...acquire } });
	register("turn::start", (payload) => startTurn(startNow, payload));
	register("turn::get_state", ({ session_id }) => readTurn(ports, serialize, session_id));
	register("approval::resolve", (payload) => resolveApproval(engine, ports, payload));
	register("turn::is_approval_decision", async ({ new_value }) => isPlainDecision(new_value));
	register("turn::on_approval", async ({ key }) => {
		const approval = parseApprovalKey(key);
		if (approval) await wakeSession(ports, approval.sessionId);
		return { ok: true };
	});
	const config = { scope: APPROVALS_SCOPE, condition_function_id: idOf("turn::is_approval_decision") };
	registered.push(iii.registerTrigger({ type: "state", function_id: idOf("turn::on_approval"), config }));

	return {
		ports,
		start,
		wake: (sessionId) => wakeSession(ports, sessionId),
		unregister() {
			for (const it of registered) it.unregister();
		},
	};
}

function readTurn(ports: IIIPorts<TurnRecord>, serialize: boolean, sessionId: string) {
	return serialize ? readSession(ports, sessionId) : ports.plain.load(sessionId);
}

function checkMessage(message: AssistantMessage): void {
	let count = 0;
	try {
		count = callsOf(message).length;
	} catch (cause) {
		throw new SessionLeaseError("option_invalid", `The message cannot be run: ${(cause as Error).message}`, {
			cause,
		});
	}
	if (count === 0) throw new SessionLeaseError("option_invalid", "The message asks for no calls.");
}
