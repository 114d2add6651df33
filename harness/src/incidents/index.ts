// The incidents that there are.
import { approvals } from "./approvals.ts";
import { failedTask } from "./failed-task.ts";
import { fanIn } from "./fan-in.ts";
import { fleet } from "./fleet.ts";
import type { Incident } from "./incident.ts";
import { lateEvent } from "./late-event.ts";
import { notices } from "./notices.ts";

export const incidents: readonly Incident[] = [approvals, failedTask, fanIn, lateEvent, fleet, notices];
