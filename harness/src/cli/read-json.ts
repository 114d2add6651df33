// JSON files: read, parsed, and checked against one of the schemas that this package documents its files with.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { InputError, sentenceOf } from "./input-error.ts";

/** @throws InputError that names the file. */
export async function readText(path: string): Promise<string> {
	try {
		return await readFile(path, "utf8");
	} catch (error) {
		const { code } = error as { code?: string };
		const reason = code === "ENOENT" ? "there is no such file" : sentenceOf(error);
		throw new InputError(`Cannot read ${path}: ${reason}.`);
	}
}

/** @throws InputError that names the file: it cannot be read, or is not JSON. */
export async function readJson(path: string): Promise<unknown> {
	const text = await readText(path);
	try {
		return JSON.parse(text);
	} catch (error) {
		throw new InputError(`${path} is not JSON: ${sentenceOf(error)}.`);
	}
}

export type SchemaName = "turn" | "approvals" | "history";

/** What does not fit the schema, a sentence each; the place is a path like `functions.send_mail`. */
export async function schemaIssues(name: SchemaName, value: unknown): Promise<readonly SchemaIssue[]> {
	const schema = await readJson(schemaPath(name));
	const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema as object);
	return validate(value) ? [] : (validate.errors ?? []).map(toIssue);
}

export interface SchemaIssue {
	/** `` for the whole value, else names and indexes with dots between. */
	readonly place: string;
	readonly message: string;
}

/** In the package, beside `dist` and `src`. */
export function schemaPath(name: SchemaName): string {
	return fileURLToPath(new URL(`../../schemas/${name}.schema.json`, import.meta.url));
}

function toIssue({ instancePath, keyword, message, params }: ErrorObject): SchemaIssue {
	const place = instancePath
		.split("/")
		.slice(1)
		.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
		.join(".");
	if (keyword === "additionalProperties") {
		const { additionalProperty } = params as { additionalProperty: string };
		return { place, message: `"${additionalProperty}" is not known here` };
	}
	if (keyword === "enum") {
		const { allowedValues } = params as { allowedValues: readonly unknown[] };
		return { place, message: `must be one of ${allowedValues.join(", ")}` };
	}
	return { place, message: message ?? `must satisfy "${keyword}"` };
}

/** @throws InputError that names the file, the place and what is expected there. */
export function refuseIssue(path: string, { place, message }: SchemaIssue): never {
	throw new InputError(`${path}${place === "" ? "" : `, at ${place}`}: ${message}.`);
}
