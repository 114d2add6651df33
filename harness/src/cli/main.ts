#!/usr/bin/env node
// The program `session-lease`: gives it this process's arguments, streams, clocks and signals.
import { text } from "node:stream/consumers";
import { realClock, realWait } from "../system/real-time.ts";
import { InputError } from "./input-error.ts";
import { runProgram } from "./program.ts";

// iii-sdk tells of its connection here, which is standard output, where reports go.
console.debug = () => undefined;
// And here of each attempt to connect that fails, with its stack: whoever waits for the engine says that in a sentence.
const tellError = console.error;
console.error = (...told: unknown[]) => {
	if (told[0] !== "[iii] WebSocket error") tellError(...told);
};

const END_MS_MAX = 1_000;
const EXIT_CODE_OF = { SIGINT: 130, SIGTERM: 143 } as const;

const interrupted = new AbortController();
let interruptedCode: number | undefined;
for (const name of ["SIGINT", "SIGTERM"] as const) {
	process.once(name, () => {
		interruptedCode = EXIT_CODE_OF[name];
		interrupted.abort(new InputError(`Ended by ${name} before it was finished.`));
	});
}

const exitCode = await runProgram(process.argv.slice(2), {
	clock: realClock,
	wait: realWait,
	environment: process.env,
	signal: interrupted.signal,
	readIn: () => text(process.stdin),
	writeOut: (shown) => process.stdout.write(shown),
	writeError: (shown) => process.stderr.write(shown),
});
// Who has come to its end all the same has not been interrupted.
process.exitCode = exitCode === 0 ? 0 : (interruptedCode ?? exitCode);
// A socket that an engine leaves half open keeps nobody here who was told to end.
if (interruptedCode !== undefined) setTimeout(() => process.exit(), END_MS_MAX).unref();
