// A record as an item of a DynamoDB table: one attribute a field, and a batch as one update of it.
import type { Fields } from "../lease/atomic-store.ts";
import type { FieldChange } from "./merge-ops.ts";
import { fieldsOfTexts, recordInvalid, valueText } from "./record-text.ts";

/** A number, so that the server can add to it, or JSON text. */
export type DynamodbValue = { readonly S: string } | { readonly N: string };

export type DynamodbItem = Readonly<Record<string, { readonly S?: string; readonly N?: string }>>;

export interface DynamodbUpdate {
	readonly UpdateExpression: string;
	readonly ConditionExpression: string;
	readonly ExpressionAttributeNames: Record<string, string>;
	readonly ExpressionAttributeValues: Record<string, DynamodbValue>;
}

/** The partition key. Fields begin with a letter. */
export const KEY_ATTRIBUTE = "_key";
/** Marks the items of this store, so that no other is ever changed. */
const FORMAT_ATTRIBUTE = "_format";
const FORMAT = { N: "1" } as const;

/** Whether the item is one of this store's. */
export const isRecord = (item: DynamodbItem): boolean => item[FORMAT_ATTRIBUTE]?.N === FORMAT.N;

/** `{}` of no item. @throws StoreAnswerError (`record_invalid`) */
export function fieldsOfItem(key: string, item: DynamodbItem | undefined): Fields {
	if (item === undefined) return {};
	if (!isRecord(item)) throw recordInvalid(key, `its attribute \`${FORMAT_ATTRIBUTE}\` is not ${FORMAT.N}`);
	const attributes = Object.entries(item).filter(
		([name]) => name !== KEY_ATTRIBUTE && name !== FORMAT_ATTRIBUTE,
	);
	return fieldsOfTexts(
		key,
		attributes.map(([name, { N, S }]) => [name, N ?? S]),
	);
}

/**
 * The changes as one update, on condition that the item is this store's, or none, and that what is to be incremented
 * is a number: then all of it applies, else nothing does. The condition tells that case from all others that DynamoDB
 * answers with a `ValidationException`.
 */
export function updateOf(changes: readonly FieldChange[]): DynamodbUpdate {
	const names: Record<string, string> = { "#key": KEY_ATTRIBUTE, "#format": FORMAT_ATTRIBUTE };
	const values: Record<string, DynamodbValue> = { ":format": FORMAT };
	const clauses = { SET: ["#format = :format"], ADD: [] as string[], REMOVE: [] as string[] };
	const conditions = ["attribute_not_exists(#key) OR #format = :format"];
	for (const [at, change] of changes.entries()) {
		const name = `#${at}`;
		const value = `:${at}`;
		names[name] = change.field;
		if (change.expects !== undefined) {
			values[":number"] = { S: "N" };
			const isNumber = `attribute_type(${name}, :number)`;
			conditions.push(
				change.expects === "number" ? isNumber : `attribute_not_exists(${name}) OR ${isNumber}`,
			);
		}
		switch (change.change) {
			case "add":
				clauses.ADD.push(`${name} ${value}`);
				values[value] = { N: String(change.by) };
				break;
			case "put once":
				clauses.SET.push(`${name} = if_not_exists(${name}, ${value})`);
				values[value] = toValue(change.value);
				break;
			case "put":
				clauses.SET.push(`${name} = ${value}`);
				values[value] = toValue(change.value);
				break;
			case "drop":
				clauses.REMOVE.push(name);
		}
	}
	return {
		UpdateExpression: Object.entries(clauses)
			.filter(([, parts]) => parts.length > 0)
			.map(([word, parts]) => `${word} ${parts.join(", ")}`)
			.join(" "),
		ConditionExpression: allOf(conditions),
		ExpressionAttributeNames: names,
		ExpressionAttributeValues: values,
	};
}

const toValue = (value: Parameters<typeof valueText>[0]): DynamodbValue =>
	typeof value === "number" ? { N: String(value) } : { S: valueText(value) };

/** DynamoDB refuses parentheses that it calls redundant. */
const allOf = (conditions: readonly string[]): string =>
	conditions.length === 1 ? conditions.join() : conditions.map((one) => `(${one})`).join(" AND ");
