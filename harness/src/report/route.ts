// How far a request and its reply came: whom it went to, and the fault in the label of its decision.
import type { HeardStep } from "./pauses.ts";

export interface Route {
	/** Whom it goes to, or comes from: `store`, a queue, `outside`. */
	readonly service: string;
	/** `none`: it comes from the service, or has landed before. */
	readonly request: "none" | "arrives" | "under way";
	/** `none`: the process has died before it, or hears of it later. */
	readonly reply: "none" | "arrives" | "lost";
}

/** What a process does alone has no route. */
export function routeOf({ entry, hears }: HeardStep, isProcess: boolean): Route | undefined {
	const { label, actor, to } = entry;
	const [, delivered] = /^([^#>]+)#\d+>/.exec(label) ?? [];
	if (delivered !== undefined) return { service: delivered, request: "none", reply: "arrives" };
	if (!isProcess) {
		const service = actor === "network" ? to : actor;
		if (service === undefined || actor === "time") return undefined;
		return { service, request: "arrives", reply: "none" };
	}
	if (to === undefined) return undefined;
	const [, fault = ""] = /!(.+)$/.exec(label) ?? [];
	const end = ENDS[fault];
	if (!end) return undefined;
	if (hears === "later") return { service: to, request: "arrives", reply: "none" };
	return hears === "now" ? { service: to, ...end } : { service: to, request: "none", reply: "arrives" };
}

const ENDS: Readonly<Record<string, Omit<Route, "service">>> = {
	"": { request: "arrives", reply: "arrives" },
	lost: { request: "arrives", reply: "lost" },
	late: { request: "under way", reply: "lost" },
	twice: { request: "arrives", reply: "arrives" },
	dies: { request: "under way", reply: "none" },
	"dies-applied": { request: "arrives", reply: "none" },
	"dies-replied": { request: "arrives", reply: "arrives" },
};
