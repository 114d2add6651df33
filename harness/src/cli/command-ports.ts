// What a command that runs turns is given of its process.
import type { Clock, Wait } from "../lease/clock.ts";

export interface CommandPorts {
	readonly clock: Clock;
	readonly wait: Wait;
	readonly environment: Readonly<Record<string, string | undefined>>;
	/** Ends the command. */
	readonly signal: AbortSignal;
	readonly writeOut: (text: string) => void;
	readonly writeError: (text: string) => void;
}
