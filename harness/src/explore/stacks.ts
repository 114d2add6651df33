// The stacks of errors, while schedules are run.

let explorations = 0;
let stackTraceLimit = 0;

/** Most errors in a schedule are expected ones, and their stacks cost more than they do. Answers how to have them again. */
export function withoutStacks(): () => void {
	if (explorations++ === 0) stackTraceLimit = Error.stackTraceLimit;
	Error.stackTraceLimit = 0;
	return () => {
		if (--explorations === 0) Error.stackTraceLimit = stackTraceLimit;
	};
}
