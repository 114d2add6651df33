// What is expected of a case on one engine, and what is sent for it: the table's placeholders filled in.
import type { Json } from "../../engine/index.ts";
import type { Adapter, CaseTable, ConformanceCase, Expectation, Version } from "./conformance-case.ts";

/** What the placeholders of a table stand for in one run. */
export interface Filling {
	/** The run's scope. */
	readonly scope: string;
	/** A scope that never had a key. */
	readonly unusedScope: string;
	/** Missing where no case needs it. */
	readonly valueBytesMax?: number;
	readonly docUrl: CaseTable["doc_url"];
}

/** What the table says of a case on that adapter in that version. */
export function expectationOf(
	found: ConformanceCase,
	{ adapter, version }: { readonly adapter: Adapter; readonly version: Version | undefined },
): Expectation {
	return found.on?.[adapter] ?? (version && found.on?.[version]) ?? found;
}

/** The versions that the table tells apart in a case. */
export function dependsOnVersion({ on = {} }: ConformanceCase): boolean {
	return on["0.21"] !== undefined || on["0.23"] !== undefined;
}

export function payloadOf(payload: Json, isBare: boolean, filling: Filling): Json {
	const filled = fill(payload, filling);
	if (isBare || filled === null || typeof filled !== "object" || Array.isArray(filled)) return filled;
	return { scope: filling.scope, key: "k", ...filled };
}

/** The value with its placeholders filled in. The errors of an answer get what the table leaves out of them. */
export function fill(value: Json, filling: Filling): Json {
	if (value === "$scope") return filling.scope;
	if (value === "$unused") return filling.unusedScope;
	if (Array.isArray(value)) return value.map((element) => fill(element, filling));
	if (typeof value !== "object" || value === null) return value;
	if (value.$oversize !== undefined) return "x".repeat(filling.valueBytesMax ?? 0);
	if (typeof value.$keys === "number") return fieldsOf(value.$keys);
	const filled = Object.fromEntries(
		Object.entries(value).map(([name, field]) => [name, fill(field, filling)]),
	);
	const isError = typeof filled.op_index === "number" && typeof filled.code === "string";
	return isError ? { doc_url: filling.docUrl, ...filled } : filled;
}

function fieldsOf(count: number): Json {
	return Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 1]));
}
