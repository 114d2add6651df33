// The table of what each port costs on the wire: counted here by `npm run test:servers`, and compared with the one in
// docs/porting.md; with `SESSION_LEASE_WRITE=1` it is written there.
import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { isLong } from "./test-server.ts";
import { measureWire, type WireCost, type WireRow } from "./wire.ts";
import { WIRED_STORES } from "./wired-stores.ts";

const DOCUMENT = new URL("../../../docs/porting.md", import.meta.url);
const writes = process.env.SESSION_LEASE_WRITE === "1";
/** Dates, ports and ids are not always equally long. */
const BYTES_MAY_DIFFER_BY = 0.05;

describe("what a lease costs on the wire", async () => {
	let document = await readFile(DOCUMENT, "utf8");

	for (const { name, isHere, start, portOf } of WIRED_STORES) {
		it.skipIf(!isHere || !isLong)(`is as docs/porting.md says: ${name}`, async () => {
			const server = await start();
			try {
				const row = await measureWire(portOf(() => server));
				const line = lineOf(name, row);
				const table = document.slice(document.indexOf("### On the wire"));
				const written = table.split("\n").find((other) => other.startsWith(`| ${name} |`));
				if (writes && written !== undefined) {
					document = document.replace(written, line);
					await writeFile(DOCUMENT, document);
				}
				expect(differences(numbersOf(writes ? line : (written ?? "")), numbersOf(line))).toEqual([]);
			} finally {
				await server.stop();
			}
		});
	}
});

function lineOf(name: string, { read, bid, save }: WireRow): string {
	const bytes = ({ sentBytes, receivedBytes }: WireCost) => `${sentBytes} / ${receivedBytes}`;
	const trips = [read, bid, save].map(({ roundTrips }) => roundTrips).join(", ");
	return `| ${name} | ${trips} | ${bytes(read)} | ${bytes(bid)} | ${bytes(save)} |`;
}

const numbersOf = (line: string): number[] =>
	[...line.matchAll(/\b\d+\b/g)].map(([digits]) => Number(digits));

/** Round trips have to be the same; they are all below ten. */
function differences(written: readonly number[], counted: readonly number[]): string[] {
	if (written.length !== counted.length)
		return [`${written.length} numbers are written, ${counted.length} counted`];
	return counted
		.map((now, index) => ({ now, before: written[index] as number }))
		.filter(({ now, before }) => Math.abs(now - before) > (before < 10 ? 0 : before * BYTES_MAY_DIFFER_BY))
		.map(({ now, before }) => `${before} is written, ${now} was counted`);
}
