// Random draws from a seed, so that a failure can be run again.

export interface Random {
	/** At least 0, below 1. */
	next(): number;
	/** An integer, `min` to `max`, both included. */
	integer(min: number, max: number): number;
	/** True once in `of` draws. */
	once(of: number): boolean;
	pick<T>(values: readonly T[]): T;
}

/** Source: mulberry32, by Tommy Ettinger, public domain. */
export function createRandom(seed: number): Random {
	let state = seed >>> 0;
	const next = (): number => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
	const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
	return {
		next,
		integer,
		once: (of) => integer(1, of) === 1,
		pick: (values) => values[integer(0, values.length - 1)] as (typeof values)[number],
	};
}
