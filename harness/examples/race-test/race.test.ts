// The first of these fails, and shows how: that is what it is for.
import { test } from "session-lease/vitest";
import { underLease, underLock } from "./two-approvals.ts";

test.race("two approvals under a lock", underLock);

test.race("two approvals under a lease", underLease, { complete: true });
