// Random draws from a seed, so that a run can be run again.
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

export interface Random {
	/** An integer, `min` to `max`, both included. */
	integer(min: number, max: number): number;
	/** True once in `of` draws. */
	once(of: number): boolean;
	/** @throws RangeError if there is nothing to pick. */
	pick<T>(values: readonly T[]): T;
}

/** The same draws for the same seed, on every machine. */
export function createRandom(seed: number): Random {
	const generator = xoroshiro128plus(seed);
	const integer = (min: number, max: number): number => uniformInt(generator, min, max);
	return {
		integer,
		once: (of) => integer(1, of) === 1,
		pick<T>(values: readonly T[]): T {
			if (values.length === 0) throw new RangeError("Expected something to pick from.");
			return values[integer(0, values.length - 1)] as T;
		},
	};
}
