// Explores scenarios in processes of their own, as many at a time as there are cores to expect, the first asked for first.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { verdictLine } from "../dist/report/verdict-line.js";

const PROCESSES = 2;

const one = fileURLToPath(new URL("explore-one.mjs", import.meta.url));
const waiting = [];
let running = 0;

/** Answers the report of the library's scenario of that name, and prints its verdict. */
export function exploreApart(name, options) {
	return new Promise((resolve, reject) => {
		waiting.push({ name, options, resolve, reject });
		startNext();
	});
}

function startNext() {
	if (running >= PROCESSES || waiting.length === 0) return;
	const { resolve, reject, ...asked } = waiting.shift();
	running++;
	exploreNow(asked)
		.then(resolve, reject)
		.finally(() => {
			running--;
			startNext();
		});
}

async function exploreNow(asked) {
	const startedAtMs = performance.now();
	// As JSON, a limit of infinity would be lost.
	const child = fork(one, { serialization: "advanced" });
	const report = await new Promise((resolve, reject) => {
		child.once("message", resolve);
		child.once("error", reject);
		child.once("close", (code) => reject(new Error(`"${asked.name}" was not explored: exit code ${code}.`)));
		child.send(asked);
	});
	const seconds = Math.round((performance.now() - startedAtMs) / 1_000);
	console.log(`${verdictLine(report)}, ${seconds} s`);
	return report;
}
