// The command of a function: whether it exists, looked up once and before anything runs.
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, resolve } from "node:path";
import { InputError } from "./input-error.ts";

export interface Command {
	/** Absolute. */
	readonly file: string;
	readonly parameters: readonly string[];
	/** Where it runs. */
	readonly folder: string;
}

export interface CommandPlaces {
	/** The turn file's folder: what a path in a command is relative to. */
	readonly folder: string;
	/** The folders of the `PATH`, as in the environment. */
	readonly searchPath: string;
}

/** @throws InputError that names the function and its command. */
export async function findCommand(
	functionName: string,
	argv: readonly string[],
	{ folder, searchPath }: CommandPlaces,
): Promise<Command> {
	const [program = "", ...parameters] = argv;
	const folders = program.includes("/") ? [folder] : searchPath.split(delimiter).filter((it) => it !== "");
	for (const candidate of folders) {
		const file = resolve(candidate, program);
		if (await isProgram(file)) return { file, parameters, folder };
	}
	const where = program.includes("/") ? `in ${folder}` : "on the PATH";
	throw new InputError(`The function "${functionName}": its command "${program}" is no program ${where}.`);
}

async function isProgram(file: string): Promise<boolean> {
	try {
		await access(file, constants.X_OK);
		return (await stat(file)).isFile();
	} catch {
		// Whatever the reason, it cannot be run.
		return false;
	}
}
