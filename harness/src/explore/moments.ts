// Earlier moments of what the processes share, as far as a store may still fall back to one of them.
import type { Resource } from "./resource.ts";

interface Moment {
	readonly key: string;
	readonly restore: () => void;
}

/** How many changes a store may forget at most. */
const MOMENTS_MAX = 5;

export class Moments {
	/** Latest first; the first one is now. */
	#moments: Moment[] = [];

	/** How many changes could be forgotten. */
	get count(): number {
		return Math.max(0, this.#moments.length - 1);
	}

	/** Keeps this moment, unless nothing has changed since the last one. */
	keep(resources: readonly Resource[]): void {
		const key = resources.map((resource) => resource.key()).join("\n");
		if (this.#moments[0]?.key === key) return;
		const restores = resources.flatMap((resource) => resource.save?.() ?? []);
		const restore = () => {
			for (const bringBack of restores) bringBack();
		};
		this.#moments = [{ key, restore }, ...this.#moments].slice(0, MOMENTS_MAX);
	}

	/** Everything is as it was so many changes ago. */
	goBack(changes: number): void {
		this.#moments[changes]?.restore();
		this.#moments.splice(0, changes);
	}

	key(): string {
		return this.#moments.map(({ key }) => key).join("\n");
	}
}
