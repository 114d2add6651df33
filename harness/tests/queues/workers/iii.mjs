// A worker of an iii engine, under a name that its successor has too.
import { registerWorker } from "iii-sdk";
import { iiiLeases } from "../../../dist/queues/index.js";
import { iiiStore } from "../../../dist/turn/index.js";
import { advanceByTransitions, leasesOn, plan } from "./advance.mjs";

const iii = registerWorker(plan.url, {
	workerName: `${plan.queue}-${process.pid}`,
	otel: { enabled: false },
});
const action = { type: "enqueue", queue: plan.queue };
const function_id = `advance::${plan.scope}`;
const wake = async (session_id, state) =>
	void (await iii.trigger({ function_id, payload: { session_id, state }, action }));
const blockedMs = plan.ttlMs + plan.skewMs;
const leases = leasesOn(iiiStore(iii, { scope: plan.scope }));
const patient = plan.bare ? leases : iiiLeases(leases, { blockedMs, settings: plan.settings });
const advance = advanceByTransitions(patient, wake);
iii.registerFunction(function_id, ({ session_id, state }) => advance({ sessionId: session_id, state }));
// Frames are answered in their order: the function is there.
await iii.trigger({ function_id: "state::get", payload: { scope: plan.scope, key: "ready" } });
console.log("ready");
