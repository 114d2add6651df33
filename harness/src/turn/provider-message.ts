// An assistant's message as a model provider returns it, made into the turn's own.
//
// Anthropic Messages       content: [{type: "tool_use", id, name, input}]
// OpenAI Chat Completions  tool_calls: [{id, type: "function", function: {name, arguments: "<JSON>"}}], also in choices[0]
// OpenAI Responses         output: [{type: "function_call", call_id, name, arguments: "<JSON>"}]
// iii                      content: [{type: "function_call", id, function_id: "agent_trigger", arguments: {…}}]
import { SessionLeaseError } from "../lease/errors.ts";
import { type AssistantContent, type AssistantMessage, callsOf } from "./record.ts";

type Fields = Readonly<Record<string, unknown>>;

/** @throws SessionLeaseError (`option_invalid`): no calls, two with one id, a call without id, name or arguments, or a form that is not known. */
export function assistantMessage(message: unknown): AssistantMessage {
	const fields = expectFields(message, "The message");
	const content = readContent(fields);
	if (!content.some((part) => part.type === "function_call")) {
		throw refusal("The message asks for no function: there are no calls in it.");
	}
	const stop = fields.stop_reason ?? fields.finish_reason;
	const read: AssistantMessage = {
		role: "assistant",
		content,
		stop_reason: typeof stop === "string" ? stop : "function_call",
	};
	try {
		callsOf(read);
	} catch (error) {
		throw refusal((error as Error).message);
	}
	return read;
}

function readContent(message: Fields): AssistantContent[] {
	if (message.choices !== undefined) return readContent(onlyChoice(message.choices));
	if (message.role !== undefined && message.role !== "assistant") {
		throw refusal(`Expected a message of the assistant, got one of role "${String(message.role)}".`);
	}
	if (message.output !== undefined) return expectList(message.output, "`output`").flatMap(fromOutput);
	const text = typeof message.content === "string" ? [textPart(message.content)] : [];
	const blocks = Array.isArray(message.content) ? message.content.flatMap(fromBlock) : [];
	const toolCalls = message.tool_calls ?? [];
	return [...text, ...blocks, ...expectList(toolCalls, "`tool_calls`").map(fromToolCall)];
}

function onlyChoice(choices: unknown): Fields {
	const list = expectList(choices, "`choices`");
	if (list.length !== 1) throw refusal(`Expected one choice in \`choices\`, got ${list.length}.`);
	return expectFields(expectFields(list[0], "The choice").message, "The choice's `message`");
}

/** A block of Anthropic's or iii's `content`; thinking, and tools that the provider itself runs, are no calls. */
function fromBlock(block: unknown): AssistantContent[] {
	const fields = expectFields(block, "A block of `content`");
	if (fields.type === "text") return [textPart(fields.text)];
	if (fields.type === "tool_use") {
		return [callPart({ id: fields.id, name: fields.name, input: expectPresent(fields, "input") })];
	}
	if (fields.type === "function_call") {
		const input = expectPresent(fields, "arguments");
		return [callPart({ id: fields.id, name: fields.function_id, input })];
	}
	return [];
}

function fromToolCall(call: unknown): AssistantContent {
	const { id, type, function: wanted } = expectFields(call, "A call of `tool_calls`");
	refuseCustom(id, type === "custom");
	const { name, arguments: text } = expectFields(wanted, `The \`function\` of call ${shown(id)}`);
	return callPart({ id, name, input: parseArguments(id, text) });
}

function fromOutput(item: unknown): AssistantContent[] {
	const fields = expectFields(item, "An item of `output`");
	refuseCustom(fields.call_id, fields.type === "custom_tool_call");
	if (fields.type === "function_call") {
		const { call_id: id, name } = fields;
		return [callPart({ id, name, input: parseArguments(id, fields.arguments) })];
	}
	if (fields.type !== "message" || !Array.isArray(fields.content)) return [];
	return fields.content
		.map((part) => expectFields(part, "A part of a message"))
		.filter((part) => part.type === "output_text")
		.map((part) => textPart(part.text));
}

/** Free text instead of JSON: to leave the call out would lose it without a word. */
function refuseCustom(id: unknown, isCustom: boolean): void {
	if (isCustom) throw refusal(`Call ${shown(id)} is of a custom tool, which has no JSON arguments.`);
}

function parseArguments(id: unknown, text: unknown): unknown {
	if (typeof text !== "string") {
		throw refusal(`Expected the \`arguments\` of call ${shown(id)} to be JSON text, got ${typeof text}.`);
	}
	try {
		return JSON.parse(text);
	} catch (error) {
		throw refusal(`The \`arguments\` of call ${shown(id)} are not JSON: ${(error as Error).message}.`);
	}
}

const CALL_ID_MAX_CHARACTERS = 256;

/** A decision is kept under `<session>/<call id>`, and the call's result in an object under its id. */
function callPart(call: { id: unknown; name: unknown; input: unknown }): AssistantContent {
	const { id, name, input } = call;
	if (typeof id !== "string" || id === "") throw refusal(`A call of ${shown(name)} has no id.`);
	if (id.length > CALL_ID_MAX_CHARACTERS || id.includes("/") || id === "__proto__") {
		const start = shown(id.slice(0, 40));
		throw refusal(`The call id ${start} is not usable: at most 256 characters, and no slash.`);
	}
	if (typeof name !== "string" || name === "") throw refusal(`Call "${id}" names no function.`);
	return { type: "function_call", id, function_id: name, arguments: input };
}

const textPart = (text: unknown): AssistantContent => ({ type: "text", text: String(text ?? "") });

function expectPresent(fields: Fields, field: string): unknown {
	if (fields[field] === undefined) throw refusal(`Call ${shown(fields.id)} has no \`${field}\`.`);
	return fields[field];
}

function expectFields(value: unknown, what: string): Fields {
	if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
	throw refusal(`${what} is not an object.`);
}

function expectList(value: unknown, what: string): readonly unknown[] {
	if (Array.isArray(value)) return value;
	throw refusal(`Expected ${what} to be a list.`);
}

const shown = (value: unknown): string => JSON.stringify(value) ?? "without an id";

const refusal = (sentence: string): SessionLeaseError => new SessionLeaseError("option_invalid", sentence);
