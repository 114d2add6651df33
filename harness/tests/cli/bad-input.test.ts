import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
	type CliResult,
	createFolder,
	EXAMPLE,
	runCli,
	runProgramHere,
	toolUses,
	turnOf,
} from "./run-cli.ts";

/** Says what is wrong, names it, shows no stack, and ran nothing. */
async function expectRefused(given: readonly string[], ...named: readonly string[]): Promise<void> {
	expectRefusal(await runProgramHere(given), named);
}

function expectRefusal({ exitCode, out, error }: CliResult, named: readonly string[]): void {
	expect(error).toMatch(/^session-lease: .+\n$/);
	for (const name of named) expect(error).toContain(name);
	expect(error).not.toMatch(/\n\s+at /);
	expect(error.length).toBeLessThan(400);
	expect(out).toBe("");
	expect(exitCode).toBe(1);
}

describe("arguments that cannot be used are refused by name", () => {
	it.each([
		[[], "Expected a command"],
		[["walk"], '"walk" is no command'],
		[["run"], "Expected the path of a turn file"],
		[["run", EXAMPLE, "more.json"], '"more.json" is one argument too many'],
		[["run", EXAMPLE, "--fast"], "'--fast'"],
		[["run", EXAMPLE, "--seed"], "--seed"],
		[["run", EXAMPLE, "--approvals="], "--approvals"],
		[["run", EXAMPLE, "--ttl", "99"], "--ttl"],
		[["run", EXAMPLE, "--workers", "17"], "--workers"],
		[["worker", "--url", "ws://127.0.0.1:1", "--store", "memory:"], 'that all workers share, got "memory:"'],
		[["worker", "--url", "ws://127.0.0.1:1", "--store", "PGLite:"], 'that all workers share, got "PGLite:"'],
		[["worker", "--url", "ws://127.0.0.1:1", "--store", "sqlite:a.db", "--scope", "s"], "--store or --scope"],
	])("%j", (given, named) => expectRefused(given, named));

	const numbers = ["workers", "crash", "seed", "ttl"].flatMap((option) =>
		["0", "-1", "NaN", "1.5", "", "1e3"].map((value) => [option, value] as const),
	);
	it.each(numbers)("--%s %j", async (option, value) => {
		await expectRefused(["run", EXAMPLE, `--${option}=${value}`], `Expected --${option} to be`, `"${value}"`);
	});

	it("--seed -1, with a space", () => expectRefused(["run", EXAMPLE, "--seed", "-1"], 'got "-1"'));
});

const noIds = { role: "assistant", content: [{ type: "tool_use", name: "note", input: {} }] };
const openai = (text: string) => ({
	role: "assistant",
	content: null,
	tool_calls: [{ id: "call_1", type: "function", function: { name: "note", arguments: text } }],
});

describe("a turn file that cannot be used is refused by name", () => {
	it.each<[string, unknown, string]>([
		["not JSON", "{", "is not JSON"],
		["no object", [], "must be object"],
		["no message", { functions: {} }, "'message'"],
		["no functions", { message: toolUses("call_1") }, "'functions'"],
		["a field that is not known", turnOf({ funktions: {} }), '"funktions"'],
		["no calls", turnOf({ message: { role: "assistant", content: "Hello." } }), "no calls"],
		["no calls in blocks", turnOf({ message: { content: [{ type: "text", text: "Hello." }] } }), "no calls"],
		["no calls in `choices`", turnOf({ message: { choices: [] } }), "`choices`"],
		["a message of the user", turnOf({ message: { ...toolUses("call_1"), role: "user" } }), '"user"'],
		["two calls with one id", turnOf({ message: toolUses("same", "same") }), '"same"'],
		["a call without id", turnOf({ message: noIds }), "no id"],
		["a call id with a slash", turnOf({ message: toolUses("a/b") }), '"a/b"'],
		["a call id that is too long", turnOf({ message: toolUses("x".repeat(10_000)) }), "256"],
		["arguments that are not JSON", turnOf({ message: openai("{x}") }), '"call_1"'],
		["a call of a function that is not there", turnOf({ functions: {} }), '"note"'],
		["a function without a command", turnOf({ functions: { note: {} } }), "functions.note"],
		["an empty command", turnOf({ functions: { note: { command: [] } } }), "functions.note.command"],
		[
			"a command that is no list",
			turnOf({ functions: { note: { command: "ls" } } }),
			"functions.note.command",
		],
		[
			"no such command",
			turnOf({ functions: { note: { command: ["no-such-program"] } } }),
			'"no-such-program"',
		],
		["no such path", turnOf({ functions: { note: { command: ["./no-such"] } } }), '"./no-such"'],
		["a command without a name", turnOf({ functions: { note: { command: [""] } } }), '"note"'],
		["an empty session id", turnOf({ session_id: "" }), "session_id"],
		["a session id of 10,000 characters", turnOf({ session_id: "x".repeat(10_000) }), "session_id"],
		["a session id that is no text", turnOf({ session_id: 7 }), "session_id"],
		["approvals that are not there", turnOf({ approvals: "no-such.json" }), "no-such.json"],
	])("%s", async (_, content, named) => {
		await using folder = await createFolder();
		const path = await folder.write("turn.json", content);
		await expectRefused(["run", path], named);
	});

	it("no such file", () => expectRefused(["run", "no-such-turn.json"], "no-such-turn.json", "no such file"));
});

describe("an approvals file that cannot be used is refused by name", () => {
	it.each<[string, unknown, string]>([
		["not JSON", "allow", "is not JSON"],
		["no object", ["allow"], "must be object"],
		["an unknown decision", { toolu_pay_1: "perhaps" }, "toolu_pay_1"],
		["an unknown decision with a reason", { toolu_pay_1: { decision: "yes" } }, "toolu_pay_1.decision"],
		["no decision", { toolu_pay_1: { reason: "because" } }, "toolu_pay_1"],
		["an unknown call id", { toolu_pay_9: "allow" }, '"toolu_pay_9"'],
		["a call that needs no approval", { toolu_look: "allow" }, '"toolu_look"'],
	])("%s", async (_, content, named) => {
		await using folder = await createFolder();
		const path = await folder.write("approvals.json", content);
		await expectRefused(["run", EXAMPLE, "--approvals", path], path, named);
	});

	it("no such file", () => expectRefused(["run", EXAMPLE, "--approvals", "nobody.json"], "nobody.json"));
});

it("is refused by the built program just so", async () => {
	expectRefusal(await runCli(["run", EXAMPLE, "--seed", "0"]), ["--seed"]);
	expectRefusal(await runCli(["run", "no-such-turn.json"]), ["no-such-turn.json"]);
});

it("runs nothing when the last of several commands does not exist", async () => {
	await using folder = await createFolder();
	const mark = `require("node:fs").writeFileSync("ran", "")`;
	const functions = {
		note: { command: ["node", "-e", mark], approval: false },
		other: { command: ["none-such"] },
	};
	const path = await folder.write("turn.json", turnOf({ functions }));
	await expectRefused(["run", path], '"none-such"');
	expect(existsSync(`${folder.path}/ran`)).toBe(false);
});

it.each(["run", "worker", "engine", "conform", "check", "explore"])(
	"says of %s what there is to say, and of no other command",
	async (command) => {
		const { exitCode, out } = await runProgramHere([command, "--help"]);
		expect(exitCode).toBe(0);
		expect(out).toMatch(new RegExp(`^${command}: `));
		expect(out).not.toContain("Usage: session-lease");
	},
);
