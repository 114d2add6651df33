// An error and its causes, read so that nothing in them throws or goes on for ever: errors come from anywhere.

const LEVELS_MAX = 8;
const CLASSES_MAX = 16;

/** The error and its causes, the outermost first, 8 at most, since causes can go round in a circle. */
export function errorLevels(error: unknown): readonly object[] {
	const levels: object[] = [];
	for (let level = error; isObject(level) && levels.length < LEVELS_MAX; level = readField(level, "cause")) {
		levels.push(level);
	}
	return levels;
}

/** The names of the classes that it is of, the nearest first, 16 classes at most. */
export function classNames(of: object): readonly string[] {
	const names: string[] = [];
	let above = prototypeOf(of);
	for (let classes = 0; isObject(above) && classes < CLASSES_MAX; classes++) {
		const name = readField(readField(above, "constructor"), "name");
		if (typeof name === "string") names.push(name);
		above = prototypeOf(above);
	}
	return names;
}

/** A field; `undefined` too if reading it throws: it says nothing then. */
export function readField(from: unknown, key: string): unknown {
	if (!isObject(from)) return undefined;
	try {
		return (from as Readonly<Record<string, unknown>>)[key];
	} catch {
		return undefined;
	}
}

function prototypeOf(of: object): unknown {
	try {
		return Object.getPrototypeOf(of);
	} catch {
		// A revoked proxy is of no class.
		return null;
	}
}

function isObject(value: unknown): value is object {
	return (typeof value === "object" && value !== null) || typeof value === "function";
}
