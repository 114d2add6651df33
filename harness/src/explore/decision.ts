// One source of decisions feeds every mode: what can happen next, and who picks.
import type { FaultKind } from "./faults.ts";
import type { PendingCall } from "./pending-call.ts";

/** One thing that can happen next. */
export interface Choice {
	/** Short and the same in every run that gets here the same way: what replay strings are made of. No spaces. */
	readonly label: string;
	/** The process that goes on, or what else acts: a fault, the network, time. */
	readonly actor: string;
	/** What happens, for people. */
	readonly title: string;
	/** The call that it is about. */
	readonly call?: Pick<PendingCall, "to" | "key">;
	readonly fault?: FaultKind;
	/** Whether a process that could have gone on is left standing. */
	readonly preempts: boolean;
	/** Leads to a state that another choice leads to as well, in more steps. */
	readonly isImplied?: boolean;
	/** Whoever ran before it counts as running after it. */
	readonly isAside?: boolean;
	readonly perform: () => void | Promise<void>;
}

export interface DecisionPoint {
	/** One at least; first the running process, so that any other one is a preemption. */
	readonly choices: readonly Choice[];
	/** The process that took the last step, if it could go on. */
	readonly running: string | undefined;
	/** Equal for equal states: what can happen from here is the same. Worked out when it is asked for. */
	readonly stateKey: () => string;
}

/** An index of `choices`; "cut" ends the run, since all that can follow has been seen. */
export type Decide = (point: DecisionPoint) => number | "cut";
