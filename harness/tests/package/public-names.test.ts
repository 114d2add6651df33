// What each entry point offers at run time: a name that comes or goes is a change that users see.
import { expect, it } from "vitest";
import * as engine from "../../src/engine/index.ts";
import * as core from "../../src/index.ts";
import * as iii from "../../src/turn/index.ts";

it("offers just these names", () => {
	expect({
		"session-lease": Object.keys(core).sort(),
		"session-lease/engine": Object.keys(engine).sort(),
		"session-lease/iii": Object.keys(iii).sort(),
	}).toMatchInlineSnapshot(`
		{
		  "session-lease": [
		    "LeaseHeldError",
		    "LeaseLostError",
		    "OutcomeUnknownError",
		    "SessionLeaseError",
		    "StoreAnswerError",
		    "TransientError",
		    "applyOps",
		    "createLeases",
		    "createVirtualTime",
		    "hasCode",
		    "isTransientError",
		    "memoryStore",
		    "readSession",
		    "realPorts",
		    "runPlain",
		    "runSerialized",
		    "startSession",
		    "unserializeSession",
		    "wakeSession",
		    "withSessionLease",
		  ],
		  "session-lease/engine": [
		    "EngineError",
		    "createEngine",
		    "createNearLink",
		    "directLink",
		  ],
		  "session-lease/iii": [
		    "APPROVALS_SCOPE",
		    "approvalKey",
		    "claimDecision",
		    "decisionOf",
		    "iiiPorts",
		    "iiiStore",
		    "newTurn",
		    "readDecision",
		    "registerTurn",
		    "runTransition",
		    "turnMachine",
		    "unserialize",
		  ],
		}
	`);
});
