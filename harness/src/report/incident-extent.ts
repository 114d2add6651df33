// How far a scenario is explored, in words.
import type { Extent } from "../incidents/incident.ts";
import { counted } from "./counted.ts";

/** For example `all`, `up to 2 preemptions`, `10,000 drawn by PCT`. */
export function extentText(extent: Extent): string {
	if (extent === "all") return "all";
	if ("preemptionsMax" in extent) return `up to ${counted(extent.preemptionsMax, "preemption")}`;
	return `${extent.drawn.toLocaleString("en")} drawn by PCT`;
}
