// Explores the library's own scenarios, two at a time, each as far as it is listed here, and fails if one does not hold.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The longest first. `all`: every schedule; a number: every one with so many preemptions at most; `pct`: drawn ones. */
const EXTENTS = [
	["two contenders, two transitions each", "all"],
	["a writer and two readers", "all"],
	["three contenders", "all"],
	["three parallel approvals", "pct"],
	["two parallel approvals", "pct"],
	["one approval", 2],
	["two contenders, a request applied twice", "all"],
	["two parallel approvals", 0],
	["two crashes and two expiries", "all"],
];
/** Of a mode that draws. */
const DRAWN = "10000";
const PROCESSES = 2;
const SCHEDULES_MAX = "1000000000";

const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/** Answers whether the space holds as far as it was to be explored. */
async function exploreSpace(name, extent) {
	const startedAtMs = performance.now();
	const bounds =
		extent === "pct"
			? ["--mode", "pct", "--schedules", DRAWN]
			: ["--preemptions", String(extent), "--schedules", SCHEDULES_MAX];
	const child = spawn(process.execPath, [main, "explore", name, ...bounds, "--json"]);
	let json = "";
	let errors = "";
	child.stdout.on("data", (data) => {
		json += data;
	});
	child.stderr.on("data", (data) => {
		errors += data;
	});
	const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
	if (code !== 0) {
		console.log(
			`"${name}" does not hold (exit code ${code}):\n${errors.slice(-2_000)}\n${json.slice(-4_000)}`,
		);
		return false;
	}
	const [{ schedules, states, preemptionsCovered, limits }] = JSON.parse(json);
	const seconds = Math.round((performance.now() - startedAtMs) / 1_000);
	const covered =
		extent === "pct" ? "drawn by PCT" : extent === "all" ? "complete" : `up to ${extent} preemptions`;
	const faults = Object.entries(limits.faults).map(([kind, count]) => `${kind} ${count}`);
	console.log(
		`held: ${name}; ${faults.join(", ")}; ${covered}; ${schedules} schedules, ${states} states, ${seconds} s`,
	);
	return extent === "pct" || preemptionsCovered === extent;
}

const waiting = [...EXTENTS];
let failed = 0;
async function work() {
	for (let next = waiting.shift(); next; next = waiting.shift()) {
		if (!(await exploreSpace(...next))) failed++;
	}
}
await Promise.all(Array.from({ length: PROCESSES }, work));
console.log(`${EXTENTS.length - failed} of ${EXTENTS.length} spaces hold as far as they were to be explored`);
process.exitCode = failed === 0 ? 0 : 1;
