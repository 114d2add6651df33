// What each entry point offers at run time: a name that comes or goes is a change that users see.
import { expect, it } from "vitest";
import * as engine from "../../src/engine/index.ts";
import * as explore from "../../src/explore.ts";
import * as history from "../../src/history/index.ts";
import * as core from "../../src/index.ts";
import * as iii from "../../src/turn/index.ts";
import * as vitest from "../../src/vitest/index.ts";

it("offers just these names", () => {
	expect({
		"session-lease": Object.keys(core).sort(),
		"session-lease/engine": Object.keys(engine).sort(),
		"session-lease/explore": Object.keys(explore).sort(),
		"session-lease/history": Object.keys(history).sort(),
		"session-lease/iii": Object.keys(iii).sort(),
		"session-lease/vitest": Object.keys(vitest).sort(),
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
		    "waitInPlace",
		    "wakeSession",
		    "withSessionLease",
		  ],
		  "session-lease/engine": [
		    "EngineError",
		    "createEngine",
		    "createNearLink",
		    "directLink",
		  ],
		  "session-lease/explore": [
		    "FAULT_KINDS",
		    "always",
		    "assertHolds",
		    "atMostOnce",
		    "comesToItsEnd",
		    "decodeReplay",
		    "encodeReplay",
		    "engineIn",
		    "eventually",
		    "explorationPage",
		    "explorationText",
		    "explore",
		    "fencedLeases",
		    "givenBackIsFree",
		    "happensTimes",
		    "isReleased",
		    "lastValueStands",
		    "mermaidDiagram",
		    "never",
		    "outboxIsEmpty",
		    "recordStaysSmall",
		    "recordedHistory",
		    "signalInTime",
		    "someoneIsTurnedAway",
		    "someoneTakesOver",
		    "sometimes",
		    "terminalIsFinal",
		    "watchLeases",
		    "worksOn",
		  ],
		  "session-lease/history": [
		    "HISTORY_HEADER",
		    "HistoryFormatError",
		    "checkHistory",
		    "createRecordEffect",
		    "mergeHistories",
		    "parseHistory",
		    "recordLeases",
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
		  "session-lease/vitest": [
		    "test",
		  ],
		}
	`);
});
