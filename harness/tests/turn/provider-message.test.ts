import { describe, expect, it } from "vitest";
import { schemaIssues } from "../../src/cli/read-json.ts";
import { assistantMessage } from "../../src/turn/provider-message.ts";
import { callsOf } from "../../src/turn/record.ts";

const wanted = [
	{ id: "call_1", function_id: "get_weather", arguments: { city: "Paris" } },
	{ id: "call_2", function_id: "send_mail", arguments: {} },
];

const anthropic = {
	id: "msg_1",
	type: "message",
	role: "assistant",
	model: "claude-opus-4-5",
	content: [
		{ type: "thinking", thinking: "Hm.", signature: "c2ln" },
		{ type: "text", text: "I will look." },
		{ type: "tool_use", id: "call_1", name: "get_weather", input: { city: "Paris" } },
		{ type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "x" } },
		{ type: "tool_use", id: "call_2", name: "send_mail", input: {} },
	],
	stop_reason: "tool_use",
	stop_sequence: null,
	usage: { input_tokens: 1, output_tokens: 2 },
};
const openaiMessage = {
	role: "assistant",
	content: null,
	refusal: null,
	tool_calls: [
		{ id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Paris"}' } },
		{ id: "call_2", type: "function", function: { name: "send_mail", arguments: "{}" } },
	],
};
const openaiResponse = {
	id: "chatcmpl-1",
	object: "chat.completion",
	choices: [{ index: 0, message: openaiMessage, logprobs: null, finish_reason: "tool_calls" }],
};
const responses = {
	id: "resp_1",
	object: "response",
	status: "completed",
	output: [
		{ type: "reasoning", id: "rs_1", summary: [] },
		{
			type: "message",
			id: "m_1",
			role: "assistant",
			content: [{ type: "output_text", text: "Ok.", annotations: [] }],
		},
		{
			type: "function_call",
			id: "fc_1",
			call_id: "call_1",
			name: "get_weather",
			arguments: '{"city":"Paris"}',
		},
		{ type: "function_call", id: "fc_2", call_id: "call_2", name: "send_mail", arguments: "{}" },
	],
};
const iii = {
	role: "assistant",
	content: wanted.map(({ id, function_id, arguments: payload }) => ({
		type: "function_call",
		id,
		function_id: "agent_trigger",
		arguments: { function: function_id, payload },
	})),
	stop_reason: "function_call",
};

const forms: [string, object][] = [
	["Anthropic Messages", anthropic],
	["OpenAI Chat Completions, the message", openaiMessage],
	["OpenAI Chat Completions, the response", openaiResponse],
	["OpenAI Responses", responses],
	["iii", iii],
];

describe("a provider's message", () => {
	it.each(forms)("is read with all its calls: %s", (_, message) => {
		expect(callsOf(assistantMessage(message))).toEqual(wanted);
	});

	it.each(forms)("fits the schema of a turn: %s", async (_, message) => {
		expect(await schemaIssues("turn", { message, functions: {} })).toEqual([]);
	});

	it("keeps its text", () => {
		const text = { type: "text", text: "I will look." };
		expect(assistantMessage(anthropic).content[0]).toEqual(text);
		expect(assistantMessage(responses).content[0]).toEqual({ type: "text", text: "Ok." });
	});

	it.each<[string, object, string]>([
		[
			"arguments that are no text",
			{ tool_calls: [{ id: "a", function: { name: "f", arguments: {} } }] },
			'"a"',
		],
		[
			"arguments that are empty",
			{ tool_calls: [{ id: "a", function: { name: "f", arguments: "" } }] },
			'"a"',
		],
		["a custom tool", { tool_calls: [{ id: "a", type: "custom", custom: { name: "f", input: "" } }] }, '"a"'],
		[
			"a custom tool of Responses",
			{ output: [{ type: "custom_tool_call", call_id: "a", input: "" }] },
			'"a"',
		],
		["a call without a name", { content: [{ type: "tool_use", id: "a", input: {} }] }, '"a"'],
		["a call without input", { content: [{ type: "tool_use", id: "a", name: "f" }] }, '"a"'],
		[
			"an id of `__proto__`",
			{ content: [{ type: "tool_use", id: "__proto__", name: "f", input: {} }] },
			"__proto__",
		],
		["an iii call that names no function", { content: [{ ...iii.content[0], arguments: {} }] }, '"call_1"'],
		["two choices", { choices: [openaiResponse.choices[0], openaiResponse.choices[0]] }, "2"],
		["a list", [], "not an object"],
	])("is refused by name: %s", (_, message, named) => {
		expect(() => assistantMessage(message)).toThrow(named);
	});
});
