// Which message of a queue may be handled now: so many at once, and only one of a group.

export interface Slots {
	/**
	 * Resolves with how to give the slot back, once there is one for this group (`undefined`: no group).
	 * First come, first served; `ahead` goes before all who wait.
	 */
	take(group: string | undefined, options: { readonly ahead: boolean }): Promise<() => void>;
}

interface Waiting {
	readonly group: string | undefined;
	readonly start: () => void;
}

export function createSlots(concurrency: number): Slots {
	const busyGroups = new Set<string>();
	const waiting: Waiting[] = [];
	let taken = 0;

	const startNext = () => {
		while (taken < concurrency) {
			const next = waiting.findIndex(({ group }) => group === undefined || !busyGroups.has(group));
			const [entry] = next === -1 ? [] : waiting.splice(next, 1);
			if (!entry) return;
			taken++;
			if (entry.group !== undefined) busyGroups.add(entry.group);
			entry.start();
		}
	};

	return {
		take(group, { ahead }) {
			return new Promise((resolve) => {
				const giveBack = () => {
					taken--;
					if (group !== undefined) busyGroups.delete(group);
					startNext();
				};
				const entry = { group, start: () => resolve(giveBack) };
				if (ahead) waiting.unshift(entry);
				else waiting.push(entry);
				startNext();
			});
		},
	};
}
