// Whether the engine has taken a worker's functions: it is asked for the last one of them until it knows it.
import type { Wait } from "../lease/clock.ts";
import type { IIIClient } from "../stores/iii-client.ts";
import { ask } from "../survey/ask.ts";

const ASK_EVERY_MS = 50;
const ASKS_MAX = 100;

/** Asks what changes nothing: the trigger of a decision on no call of no session. Answers false if it stays unknown. */
export async function untilRegistered(
	iii: Pick<IIIClient, "trigger">,
	{ name, wait }: { readonly name: string; readonly wait: Wait },
): Promise<boolean> {
	for (let asks = 0; asks < ASKS_MAX; asks++) {
		const { answered } = await ask(iii, `turn::on_approval::${name}`, { key: "" }, 1_000);
		if (answered) return true;
		await wait(ASK_EVERY_MS);
	}
	return false;
}
