// How many times more often than in `npm test` the properties run: `npm run soak` sets it.

export const soakTimes: number = Number(process.env.SESSION_LEASE_RUNS ?? 1);

/** Long enough for a soak; a run that hangs is ended by its own limits of virtual time. */
export const SOAK_LIMIT_MS = 3_600_000;
