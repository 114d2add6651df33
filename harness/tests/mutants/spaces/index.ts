// Every scenario in which a specimen may show, the library's own included.
import type { Scenario } from "../../../src/explore/scenario.ts";
import { spaces as ownSpaces } from "../../../src/explore/spaces/index.ts";
import { counterLeaseOnce, counterLeaseTwice } from "../designs/counter-lease.ts";
import { lockWithoutFence } from "../designs/lock-with-ttl.ts";
import { swappedClaimAtRest } from "../designs/swapped-claim.ts";
import { eventSpaces } from "./events.ts";
import { newsSpaces } from "./news.ts";
import { smallSpaces, workerSpaces } from "./workers.ts";

export const spaces: readonly Scenario[] = [
	...ownSpaces,
	...workerSpaces,
	...smallSpaces,
	...newsSpaces,
	...eventSpaces,
	counterLeaseOnce,
	counterLeaseTwice,
	swappedClaimAtRest,
	lockWithoutFence,
];
