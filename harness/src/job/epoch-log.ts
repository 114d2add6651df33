// Which epochs there were, who held each for how long, and how it ended: from what the leases let us see.
import type { LeaseEvent } from "../lease/observe.ts";

/** `died`: its worker did. `held`: it was not given back by the end of the job. */
export type EpochEnd = "released" | "abandoned" | "lost" | "died" | "held";

export interface EpochRow {
	readonly epoch: number;
	/** Readable name of the worker. */
	readonly holder: string;
	/** Whether the epoch before it had not been released. */
	readonly takeover: boolean;
	/** From the grant to its end, in milliseconds. */
	readonly heldMs: number;
	readonly end: EpochEnd;
	/** How many were turned away in this epoch, as its release was told. */
	readonly turnedAway: number;
}

export interface EpochLog {
	readonly turnedAway: number;
	add(event: LeaseEvent): void;
	/** The worker holds nothing any more. */
	died(holder: string): void;
	rows(): EpochRow[];
}

interface OpenEpoch extends EpochRow {
	readonly grantedAtMs: number;
}

/** A bidder that died before it knew of its grant is no holder: its epoch is missing here. */
export function createEpochLog(nowMs: () => number): EpochLog {
	const epochs = new Map<number, OpenEpoch>();
	let turnedAway = 0;

	const end = (epoch: number, how: EpochEnd, turnedAwayOnIt = 0) => {
		const open = epochs.get(epoch);
		if (open?.end !== "held") return;
		const heldMs = nowMs() - open.grantedAtMs;
		epochs.set(epoch, { ...open, heldMs, end: how, turnedAway: turnedAwayOnIt });
	};

	return {
		get turnedAway() {
			return turnedAway;
		},
		add(event) {
			switch (event.type) {
				case "granted": {
					const { epoch, owner: holder, takeover } = event;
					const row = { epoch, holder, takeover, heldMs: 0, end: "held", turnedAway: 0 } as const;
					epochs.set(epoch, { ...row, grantedAtMs: nowMs() });
					return;
				}
				case "turned_away":
					turnedAway++;
					return;
				case "released":
					return end(event.epoch, "released", event.turnedAway);
				case "abandoned":
				case "lost":
					return end(event.epoch, event.type);
			}
		},
		died(holder) {
			for (const open of epochs.values()) if (open.holder === holder) end(open.epoch, "died");
		},
		rows: () =>
			[...epochs.values()]
				.map(({ grantedAtMs, ...row }) =>
					row.end === "held" ? { ...row, heldMs: nowMs() - grantedAtMs } : row,
				)
				.sort((a, b) => a.epoch - b.epoch),
	};
}
