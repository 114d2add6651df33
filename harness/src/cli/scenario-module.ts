// Scenarios out of somebody's module: whatever it exports that is one, or a list of them.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Scenario } from "../explore/scenario.ts";
import { spaces } from "../explore/spaces/index.ts";
import { incidents } from "../incidents/index.ts";
import { InputError, sentenceOf } from "./input-error.ts";

/** By its exports' names, in alphabetical order. @throws InputError that names the module. */
export async function readScenarios(modulePath: string | undefined): Promise<readonly Scenario[]> {
	if (modulePath === undefined) return spaces;
	const scenarios = scenariosIn(Object.values(await load(modulePath)));
	if (scenarios.length === 0) {
		throw new InputError(
			`${modulePath} exports no scenario: { name, properties, setup }, or a list of them.`,
		);
	}
	const names = scenarios.map(({ name }) => name);
	const twice = names.find((name, index) => names.indexOf(name) !== index);
	if (twice !== undefined) throw new InputError(`${modulePath} exports two scenarios named "${twice}".`);
	return scenarios;
}

/** The library's own are those of the incidents too. @throws InputError that says which there are. */
export async function readScenario(modulePath: string | undefined, name: string): Promise<Scenario> {
	const scenarios = await readScenarios(modulePath);
	const others = modulePath === undefined ? incidentScenarios() : [];
	const found = [...scenarios, ...others].find((scenario) => scenario.name === name);
	if (found) return found;
	const names = scenarios.map((scenario) => `"${scenario.name}"`).join(", ");
	const besides = others.length > 0 ? "; and those that `session-lease incidents` names" : "";
	throw new InputError(`There is no scenario "${name}"; there are ${names}${besides}.`);
}

function incidentScenarios(): readonly Scenario[] {
	return incidents.flatMap(({ cases }) =>
		cases.flatMap(({ broken, reported, held }) =>
			[broken, reported, ...held].map(({ scenario }) => scenario),
		),
	);
}

async function load(modulePath: string): Promise<object> {
	try {
		return (await import(pathToFileURL(resolve(modulePath)).href)) as object;
	} catch (error) {
		const { code } = error as { code?: string };
		if (code === "ERR_UNKNOWN_FILE_EXTENSION" && /\.[mc]?tsx?$/.test(modulePath)) {
			const remedy = "Node 22.18 and newer do; or compile it, and name the .js file";
			throw new InputError(`Cannot import ${modulePath}: this Node does not read TypeScript. ${remedy}.`);
		}
		throw new InputError(`Cannot import ${modulePath}: ${sentenceOf(error)}`);
	}
}

function scenariosIn(values: readonly unknown[]): readonly Scenario[] {
	const listed = values.flatMap((value): unknown[] => (Array.isArray(value) ? value : [value]));
	return [...new Set(listed)].filter(isScenario);
}

function isScenario(value: unknown): value is Scenario {
	const { name, properties, setup } = (value ?? {}) as Partial<Scenario>;
	return typeof name === "string" && name !== "" && Array.isArray(properties) && typeof setup === "function";
}
