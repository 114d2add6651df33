import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { readJson, schemaIssues, schemaPath } from "../../src/cli/read-json.ts";

const example = (name: string) => new URL(`../../examples/${name}`, import.meta.url).pathname;

describe.each(["turn", "approvals"] as const)("the schema of the %s file", (name) => {
	it("is a JSON schema of draft 2020-12", async () => {
		const schema = JSON.parse(await readFile(schemaPath(name), "utf8"));
		expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
		const ajv = new Ajv2020();
		expect(ajv.validateSchema(schema)).toBe(true);
	});

	it("accepts the example, and the example names it", async () => {
		const value = await readJson(example(`${name}.json`));
		expect(await schemaIssues(name, value)).toEqual([]);
		expect((value as { $schema?: string }).$schema).toBe(`../schemas/${name}.schema.json`);
	});

	it("names the place of what does not fit", async () => {
		const value = name === "turn" ? { message: {}, functions: { f: { command: 1 } } } : { call: "perhaps" };
		const places = (await schemaIssues(name, value)).map(({ place }) => place);
		expect(places).toContain(name === "turn" ? "functions.f.command" : "call");
	});
});
