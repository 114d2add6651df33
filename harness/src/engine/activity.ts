// How much work is under way, so that somebody can wait until there is none.

export interface Activity {
	/** Begins work; the returned function ends it, and is called once. */
	begin(): () => void;
	/** Work until the promise settles. Its rejection is heard elsewhere. */
	track(work: Promise<unknown>): void;
	/** Resolves when no work is under way. Whoever else waits for that may then begin some. */
	idle(): Promise<void>;
}

export function createActivity(): Activity {
	let count = 0;
	let waiting: (() => void)[] = [];

	const end = () => {
		count--;
		if (count > 0) return;
		const woken = waiting;
		waiting = [];
		for (const wake of woken) wake();
	};
	return {
		begin() {
			count++;
			return end;
		},
		track(work) {
			count++;
			work.then(end, end);
		},
		async idle() {
			if (count > 0) await new Promise<void>((resolve) => waiting.push(resolve));
		},
	};
}
