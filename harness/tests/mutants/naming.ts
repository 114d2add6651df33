// How bids and fields are named, so that a late writer writes where nobody looks.
import type { Mutant } from "./mutant.ts";

export const naming: readonly Mutant[] = [
	{
		name: "fields-without-id",
		breaks: "Fields are named by their epoch only, not by the lease id too.",
		patches: [
			{
				file: "lease/record.ts",
				from: "doneField = (epoch: number, id: string)",
				to: 'doneField = (epoch: number, _id: string, id = "any")',
			},
			{
				file: "lease/record.ts",
				from: "epoch: number, id: string, batch: number): string =>",
				to: 'epoch: number, _id: string, batch: number, id = "any"): string =>',
			},
			{ file: "lease/standing.ts", from: "statements.get(holder.id)", to: 'statements.get("any")' },
			// Who holds an epoch was told by the names alone.
			{
				file: "lease/holder.ts",
				from: "head?.epoch !== epoch || head.holder.id !== id",
				to: "head?.epoch !== epoch",
			},
		],
		scenario: "a store that forgets",
		options: { mode: "random", schedulesMax: 200 },
		finds: "two holders write one value",
	},
	{
		name: "fields-without-number",
		breaks: "A holder's batches have no number: each writes the same fields.",
		patches: [
			{ file: "lease/holder.ts", from: "const number = ++this.#batches;", to: "const number = 1;" },
			{
				file: "lease/holder.ts",
				from: "if (earlier) removed",
				to: "if (earlier && earlier !== field) removed",
			},
		],
		scenario: "two contenders, a request applied twice",
		options: { schedulesMax: 300 },
		finds: "the last value stands",
	},
	{
		name: "owner-for-an-id",
		breaks: "A bid carries the name of its process instead of a fresh id.",
		patches: [
			{
				file: "lease/leases.ts",
				from: "const id = setup.ports.newId();",
				to: "const id = settings.owner;",
			},
		],
		scenario: "two tasks of one worker",
		options: { schedulesMax: 300 },
		finds: "a lease is fenced",
	},
	{
		name: "new-id-for-each-bid",
		breaks: "A bid that is sent again carries another id than before.",
		patches: [
			{
				file: "lease/acquire.ts",
				from: `		() => store.update(sessionId, ops),
		limitsOfBid(context, sentAt),`,
				to: `		() => {
			id = ports.newId();
			ops[1] = { op: "setOnce", field: holderField(epoch), value: { id, owner: settings.owner, until } };
			return store.update(sessionId, ops);
		},
		limitsOfBid(context, sentAt),`,
			},
			{
				file: "lease/acquire.ts",
				from: `	const { store, ports, sessionId, id, settings } = context;
	const sentAt`,
				to: `	const { store, ports, sessionId, settings } = context;
	let { id } = context;
	const sentAt`,
			},
			{
				file: "lease/acquire.ts",
				from: "return { epoch, sentAt, before",
				to: "return { id, epoch, sentAt, before",
			},
			{ file: "lease/acquire.ts", from: "newHead.holder.id === id", to: "newHead.holder.id === bid.id" },
			{
				file: "lease/acquire.ts",
				from: "const { epoch, sentAt, fields, record } = bid;",
				to: "const { epoch, sentAt, fields, record } = bid;\n\tcontext = { ...context, id: bid.id };",
			},
			{
				file: "lease/acquire.ts",
				from: "const batches = new HolderBatches({ store, ...ports, sessionId, epoch, id, fields",
				to: "const batches = new HolderBatches({ store, ...ports, sessionId, epoch, id: bid.id, fields",
			},
		],
		scenario: "a lost reply",
		options: { schedulesMax: 300 },
		finds: "somebody is turned away by itself",
	},
	{
		name: "last-bid-wins",
		breaks: "The last bid of an epoch takes it, not the first.",
		patches: [
			{
				file: "lease/acquire.ts",
				from: '{ op: "setOnce", field: holderField',
				to: '{ op: "set", field: holderField',
			},
		],
		scenario: "two contenders, two transitions each",
		options: { schedulesMax: 300 },
		finds: "a lease that was given back is free",
	},
];
