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

/** Errors of the run that is shown have their stacks. */
export async function withStacks<T>(work: () => Promise<T>): Promise<T> {
	Error.stackTraceLimit = stackTraceLimit;
	try {
		return await work();
	} finally {
		Error.stackTraceLimit = 0;
	}
}
