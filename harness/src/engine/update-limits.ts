// What a path and a merged value may not be: iii's limits, checked op by op.
import { isObject, type Json } from "./json.ts";

/** Why an op was not applied; the ops after it still are. */
export interface OpFailure {
	readonly code: string;
	readonly message: string;
}

const PATH_DEPTH_MAX = 32;
const SEGMENT_BYTES_MAX = 256;
export const VALUE_DEPTH_MAX = 16;
export const VALUE_KEYS_MAX = 1024;
/** A UTF-16 unit takes at most three bytes: shorter segments need no counting. */
const SEGMENT_UNITS_SAFE = Math.floor(SEGMENT_BYTES_MAX / 3);
export const REFUSED_KEYS: readonly string[] = ["__proto__", "constructor", "prototype"];

/** The first thing that is wrong with the path of an op of that type, if any. */
export function checkPath(type: string, segments: readonly string[]): OpFailure | undefined {
	if (segments.length > PATH_DEPTH_MAX) {
		const message = `Path depth ${segments.length} exceeds maximum of ${PATH_DEPTH_MAX}`;
		return { code: `${type}.path.too_deep`, message };
	}
	for (const segment of segments) {
		if (segment === "") {
			return { code: `${type}.path.empty_segment`, message: "Path contains an empty segment" };
		}
		const bytes = segment.length > SEGMENT_UNITS_SAFE ? Buffer.byteLength(segment) : 0;
		if (bytes > SEGMENT_BYTES_MAX) {
			const message = `Path segment of ${bytes} bytes exceeds maximum of ${SEGMENT_BYTES_MAX}`;
			return { code: `${type}.path.segment_too_long`, message };
		}
		if (REFUSED_KEYS.includes(segment)) {
			const message = `Path segment '${segment}' is not allowed (prototype pollution).`;
			return { code: `${type}.path.proto_polluted`, message };
		}
	}
	return undefined;
}

/** The first thing that is wrong with the value of a merge, if any. */
export function checkMergeValue(value: Json): OpFailure | undefined {
	if (!isObject(value)) {
		return { code: "merge.value.not_an_object", message: "Merge value must be a JSON object" };
	}
	const keys = Object.keys(value);
	if (keys.length > VALUE_KEYS_MAX) {
		const message = `Merge value has ${keys.length} top-level keys, exceeds maximum of ${VALUE_KEYS_MAX}`;
		return { code: "merge.value.too_many_keys", message };
	}
	const refused = keys.find((key) => REFUSED_KEYS.includes(key));
	if (refused !== undefined) {
		const message = `Merge value top-level key "${refused}" is a prototype-pollution sink`;
		return { code: "merge.value.proto_polluted", message };
	}
	const depth = depthOf(value);
	if (depth > VALUE_DEPTH_MAX) {
		const message = `Merge value JSON nesting depth ${depth} exceeds maximum of ${VALUE_DEPTH_MAX}`;
		return { code: "merge.value.too_deep", message };
	}
	return undefined;
}

function depthOf(value: Json): number {
	if (typeof value !== "object" || value === null) return 0;
	return 1 + Object.values(value).reduce((deepest: number, inner) => Math.max(deepest, depthOf(inner)), 0);
}
