// The program from its arguments to its exit code: what is wrong with the input is told in one sentence.
import { readArguments, USAGE } from "./arguments.ts";
import { InputError } from "./input-error.ts";
import { type RunPorts, runCommand } from "./run-command.ts";

/** As `EX_SOFTWARE` of sysexits.h. */
const INTERNAL_ERROR = 70;

/** Answers the exit code. Anything but bad input is a bug: its stack says where. */
export async function runProgram(given: readonly string[], ports: RunPorts): Promise<number> {
	try {
		const read = readArguments(given);
		if (read !== "help") return await runCommand(read, ports);
		ports.writeOut(USAGE);
		return 0;
	} catch (error) {
		const shown = error instanceof InputError ? error.message : (error as Error).stack;
		ports.writeError(`session-lease: ${shown}\n`);
		return error instanceof InputError ? 1 : INTERNAL_ERROR;
	}
}
