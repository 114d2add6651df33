// When callers stop waiting: one wait for all of them, because an abort signal for each would cost more than the call.
import type { Clock, Wait } from "../lease/clock.ts";

export interface Deadlines {
	/** Calls `expire` after `delayMs`, unless the returned function is called before. */
	after(delayMs: number, expire: () => void): () => void;
}

interface Deadline {
	readonly dueMs: number;
	readonly expire: () => void;
}

export function createDeadlines({ clock, wait }: { readonly clock: Clock; readonly wait: Wait }): Deadlines {
	const pending = new Set<Deadline>();
	let armed: { readonly dueMs: number; readonly control: AbortController } | undefined;
	let checking = false;

	const disarm = () => {
		armed?.control.abort();
		armed = undefined;
	};

	const arm = () => {
		let dueMs = Number.POSITIVE_INFINITY;
		for (const deadline of pending) dueMs = Math.min(dueMs, deadline.dueMs);
		disarm();
		const mine = { dueMs, control: new AbortController() };
		armed = mine;
		wait(dueMs - clock.monotonicMs(), { signal: mine.control.signal }).then(
			() => {
				if (armed === mine) armed = undefined;
				expireDue();
			},
			// Disarmed: somebody else has armed anew, or nobody needs it.
			() => undefined,
		);
	};

	const expireDue = () => {
		const nowMs = clock.monotonicMs();
		for (const deadline of pending) {
			if (deadline.dueMs > nowMs) continue;
			pending.delete(deadline);
			deadline.expire();
		}
		if (pending.size > 0) arm();
	};

	/** Most callers call again at once: the wait is given up only if none has. */
	const disarmIfQuiet = async () => {
		checking = true;
		await wait(0, { background: true });
		checking = false;
		if (pending.size === 0) disarm();
	};

	return {
		after(delayMs, expire) {
			const deadline = { dueMs: clock.monotonicMs() + delayMs, expire };
			pending.add(deadline);
			if (!armed || deadline.dueMs < armed.dueMs) arm();
			return () => {
				if (pending.delete(deadline) && pending.size === 0 && !checking) void disarmIfQuiet();
			};
		},
	};
}
