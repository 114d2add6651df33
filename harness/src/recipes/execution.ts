// How an execution ends: a terminal status is final, for status, result, error and completion time.
//
// no status --any--> not terminal --any--> not terminal    not terminal --terminal--> terminal, for good
// Two faces. Strict, for whoever has to know: another end is refused. Quiet, for events that nobody waits
// for: they are acknowledged, and change nothing. What is to be done because of an end goes with the write that ends it,
// so it is done for the one write that won, and also if its worker dies right after it.
import { SessionLeaseError } from "../lease/errors.ts";
import type { OutboxEvent } from "../lease/outbox.ts";
import { type DecideOptions, type DecidePorts, decide, type Step } from "./decide.ts";
import { expectInteger, expectText } from "./expect.ts";

/** What is kept: JSON. */
export interface Execution {
	readonly status: string;
	readonly result?: unknown;
	readonly error?: unknown;
	/** Wall clock, milliseconds since 1970; only of a terminal status. */
	readonly completedAtMs?: number;
}

export type StatusWrite = Pick<Execution, "status" | "result" | "error">;

export interface ExecutionPorts extends DecidePorts<Execution> {
	/** The statuses that are final. */
	readonly terminal: readonly string[];
	/** Wall clock, milliseconds since 1970. */
	readonly nowMs: () => number;
}

export interface StatusOptions extends DecideOptions {
	/** Sent if this write changes the execution, and only then; ids are unique in the execution. */
	readonly events?: readonly OutboxEvent[];
}

export interface StatusAnswer {
	/** Whether this write changed the execution: do nothing because of it, what is to be done goes into `events`. */
	readonly changed: boolean;
	/** As it is now. */
	readonly execution: Execution;
}

/**
 * Strict. The same terminal status again is accepted, and changes nothing.
 * @throws SessionLeaseError (`status_final`) if the execution has ended in another status. Otherwise as `decide` does.
 */
export async function writeStatus(
	ports: ExecutionPorts,
	executionId: string,
	write: StatusWrite,
	options: StatusOptions = {},
): Promise<StatusAnswer> {
	const answer = await noteStatus(ports, executionId, write, options);
	const { status, completedAtMs } = answer.execution;
	if (status === write.status || !hasEnded(ports, answer.execution)) return answer;
	throw new SessionLeaseError(
		"status_final",
		`Execution "${executionId}" has ended as "${status}", ${endedAt(completedAtMs)}; ` +
			`it was not changed to "${write.status}". Leave it, or start another one.`,
	);
}

/** Quiet: a write on an execution that has ended is acknowledged and changes nothing. Rejects as `decide` does. */
export async function noteStatus(
	ports: ExecutionPorts,
	executionId: string,
	{ status, result, error }: StatusWrite,
	{ events = [], ...options }: StatusOptions = {},
): Promise<StatusAnswer> {
	const { nowMs } = ports;
	expectText("status", status);
	const step: Step<Execution, StatusAnswer> = (execution) => {
		if (execution && hasEnded(ports, execution)) return { answer: { changed: false, execution } };
		const value: Execution = {
			status,
			...(result === undefined ? {} : { result }),
			...(error === undefined ? {} : { error }),
			...(ports.terminal.includes(status) ? { completedAtMs: expectInteger("nowMs()", nowMs(), 0) } : {}),
		};
		return { value, events, answer: { changed: true, execution: value } };
	};
	return decide(ports, executionId, step, options);
}

/**
 * For callers that poll: the execution, and its end only once it is final. `undefined`: there is none, or somebody is
 * writing its end just now; look again. What a dead worker left unfinished is finished first. Rejects as `decide` does.
 */
export async function readExecution(
	ports: ExecutionPorts,
	executionId: string,
	options?: DecideOptions,
): Promise<Execution | undefined> {
	const { valueText, state, deadlineMs } = await ports.leases.inspect(executionId);
	const execution = valueText === undefined ? undefined : (JSON.parse(valueText) as Execution);
	if (!execution || !hasEnded(ports, execution)) return execution;
	// What a dead holder wrote too late is seen until it is taken over, and is void. Of one that gave back it never is.
	if (state === "free" || deadlineMs === 0) return execution;
	if (state === "held") return undefined;
	return decide(ports, executionId, (answer) => ({ answer }), options);
}

/** A status that is terminal for others only, as in a later version of the program, has a completion time. */
const hasEnded = (
	{ terminal }: Pick<ExecutionPorts, "terminal">,
	{ status, completedAtMs }: Execution,
): boolean => terminal.includes(status) || completedAtMs !== undefined;

const endedAt = (completedAtMs: number | undefined): string =>
	completedAtMs === undefined ? "at an unknown time" : new Date(completedAtMs).toISOString();
