// The program from its arguments to its exit code: what is wrong with the input, or the engine, is told in a sentence.
import { EngineUnfitError } from "../survey/engine-unfit-error.ts";
import { type Arguments, readArguments } from "./arguments.ts";
import { type CheckPorts, checkCommand } from "./check-command.ts";
import type { CommandPorts } from "./command-ports.ts";
import { type ConformPorts, conformCommand } from "./conform-command.ts";
import { type EnginePorts, engineCommand } from "./engine-command.ts";
import { type ExplorePorts, exploreCommand } from "./explore-command.ts";
import { incidentsCommand } from "./incidents-command.ts";
import { InputError } from "./input-error.ts";
import { replayCommand } from "./replay-command.ts";
import { runCommand } from "./run-command.ts";
import { workerCommand } from "./worker-command.ts";

export type ProgramPorts = CommandPorts & EnginePorts & CheckPorts & ExplorePorts & ConformPorts;

/** As `EX_SOFTWARE` of sysexits.h. */
const INTERNAL_ERROR = 70;

/** Answers the exit code. Anything but bad input and an unfit engine is a bug: its stack says where. */
export async function runProgram(given: readonly string[], ports: ProgramPorts): Promise<number> {
	try {
		const read = readArguments(given);
		if ("help" in read) {
			ports.writeOut(read.help);
			return 0;
		}
		return await runOneCommand(read, ports);
	} catch (error) {
		const isTold = error instanceof InputError || error instanceof EngineUnfitError;
		ports.writeError(`session-lease: ${isTold ? error.message : (error as Error).stack}\n`);
		return isTold ? 1 : INTERNAL_ERROR;
	}
}

function runOneCommand(given: Arguments, ports: ProgramPorts): Promise<number> {
	switch (given.command) {
		case "run":
			return runCommand(given, ports);
		case "engine":
			return engineCommand(given, ports);
		case "check":
			return checkCommand(given, ports);
		case "explore":
			return exploreCommand(given, ports);
		case "replay":
			return replayCommand(given, ports);
		case "incidents":
			return incidentsCommand(given, ports);
		case "worker":
			return workerCommand(given, ports);
		case "conform":
			return conformCommand(given, ports);
	}
}
