// Batches by lot, as leases and anything else that keeps the port's rules may send them.
import type { FieldOp } from "../lease/atomic-store.ts";
import type { Random } from "../system/random.ts";

const TEXTS = [
	"",
	"12",
	"true",
	"null",
	'{"a":[]}',
	'quo"te\\',
	"line\nbreak",
	"zero\0byte",
	"ünï😀",
	"x".repeat(500),
];

/** One to six ops on a few fields, so that most batches meet what others have left. */
export function drawBatch(random: Random): FieldOp[] {
	return Array.from({ length: random.integer(1, 6) }, () => drawOp(random));
}

function drawOp(random: Random): FieldOp {
	const number = random.integer(1, 3);
	switch (random.pick(["increment", "set", "setOnce", "remove"] as const)) {
		case "increment":
			return { op: "increment", field: `bids:${number}`, by: random.integer(-3, 9) };
		case "set":
			return { op: "set", field: `value:${number}.Id_-9.${number}`, value: drawScalar(random) };
		case "setOnce":
			return { op: "setOnce", field: `holder:${number}`, value: { id: random.pick(TEXTS), until: 1 } };
		case "remove": {
			const fields = [`bids:${number}`, `value:${number}.Id_-9.${number}`, `holder:${number}`];
			return { op: "remove", field: random.pick(fields) };
		}
	}
}

function drawScalar(random: Random): string | number | boolean {
	if (random.once(4)) return random.once(2);
	return random.once(3) ? random.integer(-1_000_000, 1_000_000) : random.pick(TEXTS);
}
