// The turn file: what the model asked for and which commands its functions are, checked before anything runs.
import { dirname, resolve } from "node:path";
import { hasCode } from "../lease/errors.ts";
import { assistantMessage } from "../turn/provider-message.ts";
import { type AssistantMessage, callsOf, type FunctionCall } from "../turn/record.ts";
import { type Command, type CommandPlaces, findCommand } from "./command.ts";
import { InputError, sentenceOf } from "./input-error.ts";
import { readJson, refuseIssue, schemaIssues } from "./read-json.ts";

export interface TurnFunction {
	readonly command: Command;
	readonly needsApproval: boolean;
	readonly idempotent: boolean;
	readonly terminate: boolean;
	readonly timeLimitMs: number;
}

export interface TurnFile {
	readonly sessionId: string;
	readonly message: AssistantMessage;
	/** In the order of the message. */
	readonly calls: readonly FunctionCall[];
	readonly functions: ReadonlyMap<string, TurnFunction>;
	/** The path of the decisions that come with it, `undefined` for none. */
	readonly approvalsPath: string | undefined;
}

/** As the schema has it. */
interface TurnJson {
	readonly session_id?: string;
	readonly message: unknown;
	readonly functions: Readonly<Record<string, FunctionJson>>;
	readonly approvals?: string;
}

interface FunctionJson {
	readonly command: readonly string[];
	readonly approval?: boolean;
	readonly idempotent?: boolean;
	readonly terminate?: boolean;
	readonly time_limit_ms?: number;
}

const TIME_LIMIT_MS = 60_000;

/** @throws InputError that names the file and what is wrong in it. */
export async function readTurnFile(path: string, searchPath: string): Promise<TurnFile> {
	const value = await readJson(path);
	const { message, json } = await checkTurn(path, value);
	const calls = callsOf(message);
	for (const { id, function_id } of calls) {
		if (Object.hasOwn(json.functions, function_id)) continue;
		throw new InputError(`${path}: call "${id}" is of "${function_id}", which \`functions\` does not have.`);
	}
	const folder = dirname(resolve(path));
	const functions = await findFunctions(json, { folder, searchPath });
	const { session_id: sessionId = "session-1", approvals } = json;
	const isPath = approvals !== undefined && approvals !== "all" && approvals !== "none";
	const approvalsPath = isPath ? resolve(folder, approvals) : approvals;
	return { sessionId, message, calls, functions, approvalsPath };
}

/** Only the functions of a turn file, which need not have a message. @throws InputError as `readTurnFile` does. */
export async function readTurnFunctions(
	path: string,
	searchPath: string,
): Promise<ReadonlyMap<string, TurnFunction>> {
	const value = await readJson(path);
	const [issue] = await schemaIssues("turn", { ...(value as object), message: ANY_MESSAGE });
	if (issue) refuseIssue(path, issue);
	return findFunctions(value as TurnJson, { folder: dirname(resolve(path)), searchPath });
}

/** Fits the schema. */
const ANY_MESSAGE = { content: [{ type: "tool_use", id: "any", name: "any", input: {} }] };

async function findFunctions(json: TurnJson, places: CommandPlaces): Promise<Map<string, TurnFunction>> {
	const functions = new Map<string, TurnFunction>();
	for (const [name, entry] of Object.entries(json.functions)) {
		functions.set(name, {
			command: await findCommand(name, entry.command, places),
			// Whoever forgets to say so is asked.
			needsApproval: entry.approval ?? true,
			idempotent: entry.idempotent ?? false,
			terminate: entry.terminate ?? false,
			timeLimitMs: entry.time_limit_ms ?? TIME_LIMIT_MS,
		});
	}
	return functions;
}

/** The message's own reader says better what is wrong with it than a schema of five forms. */
async function checkTurn(
	path: string,
	value: unknown,
): Promise<{ message: AssistantMessage; json: TurnJson }> {
	const issues = await schemaIssues("turn", value);
	const outside = issues.find(({ place }) => place !== "message" && !place.startsWith("message."));
	if (outside) refuseIssue(path, outside);
	const json = value as TurnJson;
	try {
		const message = assistantMessage(json.message);
		if (issues[0])
			refuseIssue(path, { place: "message", message: "it has none of the forms that are known" });
		return { message, json };
	} catch (error) {
		if (!hasCode(error, "option_invalid")) throw error;
		throw new InputError(`${path}: ${sentenceOf(error)}`);
	}
}
