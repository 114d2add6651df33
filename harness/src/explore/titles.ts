// What a batch of field operations is called in a picture: in the words of the lease, where it is one of its batches.
import type { FieldOp } from "../lease/atomic-store.ts";
import { epochOfField } from "../lease/record.ts";

export function titleOf(key: string, ops: readonly FieldOp[]): string {
	const named = (kind: string) =>
		ops.find(({ op, field }) => op !== "remove" && field.startsWith(`${kind}:`));
	const of = (field: string) => `epoch ${epochOfField(field)} of ${key}`;
	const bid = named("holder");
	if (bid) return `bids for ${of(bid.field)}`;
	const value = named("value");
	const done = named("done");
	if (done) return `releases ${of(done.field)}${value ? ` with ${shownValue(value)}` : ""}`;
	if (value) return `writes ${shownValue(value)} under ${of(value.field)}`;
	const until = named("until");
	if (until?.op === "set") return `${until.value === 0 ? "abandons" : "renews"} ${of(until.field)}`;
	const bids = named("bids");
	if (bids) return `marks that ${of(bids.field)} turned it away`;
	return `updates ${key}: ${ops.map(({ op, field }) => `${op} ${field}`).join(", ")}`;
}

function shownValue(op: FieldOp): string {
	const text = op.op === "set" ? String(op.value) : "";
	return text === "" ? "no value" : text;
}
