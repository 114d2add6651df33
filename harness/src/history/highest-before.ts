// For many operations at once: which of those that had ended before one began ranks highest.
import { endOf, type Operation, precedes, startOf } from "./history.ts";

/** By the later operation; one that none precedes is missing. The earlier ones must have ended. */
export function highestBefore(
	earlier: readonly Operation[],
	later: readonly Operation[],
	rankOf: (operation: Operation) => number,
): ReadonlyMap<Operation, Operation> {
	const ended = [...earlier].sort((a, b) => endOf(a) - endOf(b));
	const highestOf = new Map<Operation, Operation>();
	let highest: Operation | undefined;
	let next = 0;
	for (const operation of [...later].sort((a, b) => startOf(a) - startOf(b))) {
		for (let end = ended[next]; end && precedes(end, operation); end = ended[++next]) {
			if (!highest || rankOf(end) > rankOf(highest)) highest = end;
		}
		if (highest) highestOf.set(operation, highest);
	}
	return highestOf;
}
