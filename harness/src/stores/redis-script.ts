// A batch as one script of a Redis server: all of it or nothing, answered with the record as it was before.
import { createHash } from "node:crypto";
import type { FieldOp, Fields } from "../lease/atomic-store.ts";
import { StoreAnswerError } from "../lease/errors.ts";
import { fieldsOfTexts, valueText } from "./record-text.ts";

export interface RedisScript {
	readonly text: string;
	/** The name under which the server keeps it. */
	readonly sha: string;
}

/** The script's own errors, of which the last two go on with the error of Redis. Redis has none of these codes. */
export const NOT_A_NUMBER = "NOTANUMBER";
export const NOTHING_WRITTEN = "NOTHINGWRITTEN";
export const HALF_APPLIED = "HALFAPPLIED";

/**
 * Scripts do not roll back, so everything that the record could make fail is looked at before the first write. What the
 * server refuses (no memory, a replica, a full disk), it refuses at the first write of a script or at none; the script
 * says so. Should a later one fail all the same, as for a user who may do one of the commands and not the other, it is
 * told apart. Texts are never decoded, and integers never leave the server's own: Lua has floating point only. Up to
 * 15 digits an increment cannot overflow, and HINCRBY takes no other form of an integer than this one.
 */
const BATCH = `
local before = redis.pcall('HGETALL', KEYS[1])
if before.err then
	if string.find(before.err, 'WRONGTYPE', 1, true) then return before end
	return redis.error_reply('${NOTHING_WRITTEN} ' .. before.err)
end
local held = {}
for i = 1, #before, 2 do held[before[i]] = before[i + 1] end
for i = 1, #ARGV, 3 do
	local op, field = ARGV[i], ARGV[i + 1]
	if op == 'HINCRBY' then
		local count = held[field] or '0'
		local isInteger = count == '0' or (#count <= 16 and string.find(count, '^%-?[1-9]%d*$'))
		if not isInteger then return redis.error_reply('${NOT_A_NUMBER} ' .. field) end
		held[field] = '0'
	elseif op == 'HDEL' then
		held[field] = nil
	elseif op == 'HSET' or held[field] == nil then
		held[field] = ARGV[i + 2]
	end
end
for i = 1, #ARGV, 3 do
	local op, field = ARGV[i], ARGV[i + 1]
	local answer
	if op == 'HDEL' then
		answer = redis.pcall(op, KEYS[1], field)
	else
		answer = redis.pcall(op, KEYS[1], field, ARGV[i + 2])
	end
	if type(answer) == 'table' and answer.err then
		return redis.error_reply((i == 1 and '${NOTHING_WRITTEN} ' or '${HALF_APPLIED} ') .. answer.err)
	end
end
return before`;

export const BATCH_SCRIPT: RedisScript = scriptOf(BATCH);

/** Answers a key as the server knows it, whatever the client puts in front. */
export const WHOLE_KEY_SCRIPT: RedisScript = scriptOf("return KEYS[1]");

function scriptOf(text: string): RedisScript {
	return { text, sha: createHash("sha1").update(text).digest("hex") };
}

/** Three texts an op: the command, the field, what the field is set to or incremented by. */
export function scriptArguments(ops: readonly FieldOp[]): string[] {
	return ops.flatMap((op) => [COMMANDS[op.op], op.field, argumentOf(op)]);
}

const COMMANDS = {
	increment: "HINCRBY",
	set: "HSET",
	setOnce: "HSETNX",
	remove: "HDEL",
} as const satisfies Record<FieldOp["op"], string>;

function argumentOf(op: FieldOp): string {
	if (op.op === "remove") return "";
	return op.op === "increment" ? String(op.by) : valueText(op.value);
}

/**
 * The record that the script has answered: names and values by turns.
 * @throws StoreAnswerError (`record_invalid`, or `store_answer_invalid` if it is no such list)
 */
export function fieldsOfAnswer(key: string, answer: unknown): Fields {
	if (!isListOfTexts(answer) || answer.length % 2 !== 0) {
		const message =
			`Expected Redis to answer names and values of the record "${key}" as texts, got ${shown(answer)}. ` +
			"Nothing is assumed of it. A client that is set to answer buffers cannot be used.";
		throw new StoreAnswerError(message);
	}
	const names = answer.filter((_, at) => at % 2 === 0);
	return fieldsOfTexts(
		key,
		names.map((name, at) => [name, answer[2 * at + 1]]),
	);
}

const isListOfTexts = (answer: unknown): answer is readonly string[] =>
	Array.isArray(answer) && answer.every((text) => typeof text === "string");

const shown = (answer: unknown): string =>
	Array.isArray(answer) ? `a list of ${answer.length}` : typeof answer;
