// Two ways to let one worker at a time in, over an iii client: a counter of those who are inside, and this library's lease.
import { createLeases, hasCode, type Lease, type LeasePorts } from "../../src/index.ts";
import type { IIIClient } from "../../src/stores/iii-client.ts";
import { iiiStore } from "../../src/stores/iii-store.ts";

/** One worker's way in. */
export interface Door {
	/** Whether it was let in. */
	enter(): Promise<boolean>;
	/** To be called by whoever was let in. */
	leave(): Promise<void>;
}

type Caller = Pick<IIIClient, "trigger">;

/** A number at the root of a key: whoever raises it from 0, or from nothing, is in. Errors in answers are not looked at. */
export function countingDoor(iii: Caller, key: string): Door {
	const count = async (type: "increment" | "decrement"): Promise<number> => {
		const ops = [{ type, path: "", by: 1 }];
		const payload = { scope: "doors", key, ops };
		const { old_value } = await iii.trigger({ function_id: "state::update", payload });
		return typeof old_value === "number" ? old_value : 0;
	};
	return {
		async enter() {
			if ((await count("increment")) === 0) return true;
			await count("decrement");
			return false;
		},
		async leave() {
			await count("decrement");
		},
	};
}

export function leaseDoor(iii: Caller, session: string, ports: Partial<LeasePorts> = {}): Door {
	const leases = createLeases({ store: iiiStore(iii, { scope: "doors_lease" }), ports });
	let lease: Lease<unknown> | undefined;
	return {
		async enter() {
			try {
				lease = await leases.acquire(session);
				return true;
			} catch (error) {
				if (hasCode(error, "lease_held")) return false;
				throw error;
			}
		},
		async leave() {
			await lease?.release({ value: null });
		},
	};
}

/** How many were inside at once, batch by batch: all come at the same time, and leave when everybody was answered. */
export async function insideAtOnce(doors: readonly Door[], batches: number): Promise<number[]> {
	const inside: number[] = [];
	for (let batch = 0; batch < batches; batch++) {
		const answers = await Promise.all(doors.map((door) => door.enter()));
		const entered = doors.filter((_, index) => answers[index]);
		inside.push(entered.length);
		await Promise.all(entered.map((door) => door.leave()));
	}
	return inside;
}
