// A process's ports in virtual time, whose ids are counted.
import type { LeasePorts, VirtualTime } from "../../src/index.ts";
import { createRetry } from "../../src/system/retry.ts";

export function virtualPorts({ clock, wait }: Pick<VirtualTime, "clock" | "wait">): LeasePorts {
	let ids = 0;
	return { clock, wait, retry: createRetry(wait), newId: () => `id-${++ids}` };
}
