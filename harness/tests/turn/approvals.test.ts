// Who decides on a parked call: claims, plain records of other programs, and what is final.
import { describe, expect, it } from "vitest";
import type { Link } from "../../src/engine/index.ts";
import {
	approvalKey,
	claimDecision,
	decisionOf,
	isPlainDecision,
	parseApprovalKey,
	readDecision,
} from "../../src/turn/approvals.ts";
import { newTurn, registerTurn } from "../../src/turn/index.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { message, onTurns, SESSION, type TurnBench, type TurnWorker } from "./setup.ts";

expectNoUnhandledRejections();

const allow = { decision: "allow", reason: null };
const deny = { decision: "deny", reason: null };
const claim = (decision: string) => ({ id: `claim of ${decision}`, decision, reason: null });

describe("an approval record says", () => {
	const table: readonly [what: string, record: unknown, decision: unknown][] = [
		["nothing if there is none", undefined, undefined],
		["nothing if it is null", null, undefined],
		["nothing if it is no object", "allow", undefined],
		["nothing if it is empty", {}, undefined],
		["what its plain decision says", { decision: "allow", reason: null }, allow],
		[
			"what its plain decision says, with the reason",
			{ decision: "deny", reason: "no" },
			{ decision: "deny", reason: "no" },
		],
		["that the turn was aborted", { decision: "aborted" }, { decision: "aborted", reason: null }],
		["no reason if that is no text", { decision: "deny", reason: 7 }, deny],
		["nothing if its word is unknown", { decision: "yes", reason: null }, undefined],
		["nothing if its word only begins like one", { decision: "allowed", reason: null }, undefined],
		["nothing if its word only ends like one", { decision: "disallow", reason: null }, undefined],
		["nothing if its word is in capitals", { decision: "ALLOW" }, undefined],
		["nothing if its decision is no text", { decision: true }, undefined],
		["nothing if its decision is empty", { decision: "" }, undefined],
		["the first of decisions that were appended to one another", { decision: "denyallow" }, deny],
		["the first of three, too", { decision: "allowabortedallow" }, allow],
		["what its first claim says", { claims: [claim("deny"), claim("allow")] }, deny],
		[
			"what its plain decision says, whatever is claimed",
			{ decision: "deny", claims: [claim("allow")] },
			deny,
		],
		[
			"what its first claim says beside an unknown word",
			{ decision: "maybe", claims: [claim("allow")] },
			allow,
		],
		["nothing if its first claim says nothing known", { claims: [claim("yes"), claim("allow")] }, undefined],
		["nothing if it has no claims", { claims: [] }, undefined],
		["nothing if its claims are no list", { claims: {} }, undefined],
		["nothing if its first claim is null", { claims: [null] }, undefined],
	];
	it.each(table)("%s", (_what, record, decision) => {
		expect(decisionOf(record)).toEqual(decision);
	});

	it("that it is plain if nobody claimed it, and it is a decision", () => {
		expect(isPlainDecision(allow)).toBe(true);
		expect(isPlainDecision({ decision: "maybe" })).toBe(false);
		expect(isPlainDecision({ ...allow, claims: [claim("allow")] })).toBe(false);
		expect(isPlainDecision({ claims: [claim("allow")] })).toBe(false);
		expect(isPlainDecision(null)).toBe(false);
	});
});

describe("the key of a decision", () => {
	it("is read back, also if the session's id has slashes", () => {
		expect(parseApprovalKey(approvalKey("user/7/chat", "c1"))).toEqual({
			sessionId: "user/7/chat",
			callId: "c1",
		});
	});

	it.each([["c1"], ["/c1"], ["s/"], [""], [7], [undefined]])("is not %j", (key) => {
		expect(parseApprovalKey(key)).toBeUndefined();
	});
});

async function parked(bench: TurnBench): Promise<TurnWorker> {
	const worker = bench.worker("w");
	await worker.turn.start(SESSION, message({ c1: "pay", c2: "pay" }));
	await bench.settled();
	return worker;
}

const refusal = (text: string) => ({ ok: false, error: expect.stringContaining(text) });

describe("approval::resolve", () => {
	it(
		"takes the first decision, and the same again",
		onTurns({}, async (bench) => {
			const worker = await parked(bench);
			expect(await worker.resolve("c1", "allow")).toEqual({ ok: true });
			expect(await worker.resolve("c1", "allow")).toEqual({ ok: true });
			await bench.settled();
			expect(await worker.resolve("c1", "allow")).toEqual({ ok: true });
			expect(bench.timesRun()).toEqual({ c1: 1 });
		}),
	);

	it(
		"refuses another one, with the recorded one and its reason, before and after it was acted on",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			expect(await worker.resolve("c1", "deny", "too expensive")).toEqual({ ok: true });
			const refused = { ok: false, error: 'The call "c1" was decided already: deny (too expensive).' };
			expect(await worker.resolve("c1", "allow")).toEqual(refused);
			await worker.turn.start(SESSION, message({ c1: "pay", c2: "pay" }));
			await bench.settled();
			expect(await worker.resolve("c1", "allow")).toEqual(refused);
			await worker.resolve("c2", "allow");
			await bench.settled();
			expect(await bench.record()).toMatchObject({ state: "stopped" });
			expect(await worker.resolve("c1", "allow")).toEqual(refused);
			expect(bench.timesRun()).toEqual({ c2: 1 });
		}),
	);

	it(
		"lets one of two that decide at once win, and tells the other one which did",
		onTurns({}, async (bench) => {
			const worker = await parked(bench);
			const second = bench.worker("second");
			const answers = await Promise.all([worker.resolve("c1", "allow"), second.resolve("c1", "deny")]);
			expect(answers).toEqual([{ ok: true }, refusal("allow")]);
			await bench.settled();
			expect(bench.timesRun()).toEqual({ c1: 1 });
		}),
	);

	it(
		"takes a decision before the session is started",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			expect(await worker.resolve("c1", "allow")).toEqual({ ok: true });
			await worker.turn.start(SESSION, message({ c1: "pay" }));
			await bench.settled();
			expect(await bench.record()).toMatchObject({ state: "stopped" });
			expect(bench.timesRun()).toEqual({ c1: 1 });
		}),
	);

	it("takes a decision before the call is parked", async () => {
		const slow = { needsApproval: false, run: () => Promise.resolve() };
		await onTurns({ functions: { slow } }, async (bench) => {
			slow.run = () => bench.time.wait(500);
			const worker = bench.worker("w");
			await worker.turn.start(SESSION, message({ c0: "slow", c1: "pay" }));
			await bench.time.wait(100);
			expect(await worker.resolve("c1", "allow")).toEqual({ ok: true });
			await bench.settled();
			expect(await bench.record()).toMatchObject({ state: "stopped" });
			expect(bench.timesRun()).toEqual({ c0: 1, c1: 1 });
		})();
	});

	it(
		"wakes the session itself, without any trigger",
		onTurns({}, async (bench) => {
			const { turn: registered, client, resolve } = bench.worker("w");
			registered.unregister();
			const untriggered = { ...client, registerTrigger: () => ({ unregister: () => undefined }) };
			const turn = registerTurn(untriggered, {
				functions: { needsApproval: () => true, isIdempotent: () => false, run: async () => "ok" },
				leases: registered.ports.leases,
				newId: registered.ports.newId,
				nowMs: () => 0,
				worker: "w",
			});
			await turn.start(SESSION, message({ c1: "pay" }));
			await bench.settled();
			await resolve("c1", "allow");
			await bench.settled();
			expect(await bench.record()).toMatchObject({ state: "stopped" });
		}),
	);

	it("rejects if the wake could not be sent: the decision counts, and asking again sends it", async () => {
		let isDown = false;
		const link: Link = async (request, apply) => {
			if (isDown && request.action) throw new Error("The queue is down.");
			return apply();
		};
		await onTurns({}, async (bench) => {
			const worker = bench.worker("w", { link });
			await worker.turn.start(SESSION, message({ c1: "pay" }));
			await bench.settled();
			isDown = true;
			await expect(worker.resolve("c1", "allow")).rejects.toThrow("The queue is down.");
			isDown = false;
			expect(await worker.resolve("c1", "deny")).toEqual(refusal("allow"));
			await bench.settled();
			expect(bench.timesRun()).toEqual({ c1: 1 });
		})();
	});

	it(
		"asked for another decision wakes the session too: the first one's own wake may have been lost",
		onTurns({}, async (bench) => {
			const worker = await parked(bench);
			const mine = { sessionId: SESSION, callId: "c1", id: "mine", decision: "allow", reason: null } as const;
			await claimDecision(bench.other, mine);
			await bench.settled();
			expect(bench.runs).toEqual([]);
			expect(await worker.resolve("c1", "deny")).toEqual(refusal("allow"));
			await bench.settled();
			expect(bench.timesRun()).toEqual({ c1: 1 });
		}),
	);

	it(
		"writes the decision in the plain fields too, for other readers",
		onTurns({}, async (bench) => {
			const worker = await parked(bench);
			await worker.resolve("c1", "deny", "no");
			await worker.resolve("c1", "deny", "still no");
			expect(bench.approval("c1")).toMatchObject({ decision: "deny", reason: "no" });
			expect(await readDecision(bench.other, SESSION, "c1")).toEqual({ decision: "deny", reason: "no" });
		}),
	);

	it(
		"refuses a call that the turn does not have, by name",
		onTurns({}, async (bench) => {
			const worker = await parked(bench);
			expect(await worker.resolve("c9", "allow")).toEqual(refusal('no call "c9"'));
			expect(bench.approval("c9")).toBeUndefined();
		}),
	);

	it(
		"refuses a call that needs no approval, by name",
		onTurns({ functions: { read: { needsApproval: false } } }, async (bench) => {
			const worker = bench.worker("w");
			await worker.turn.start(SESSION, message({ c1: "read", c2: "pay" }));
			await bench.settled();
			expect(await worker.resolve("c1", "deny")).toEqual(refusal('"c1" needs no approval'));
		}),
	);

	const bad: readonly [what: string, payload: unknown, names: string][] = [
		["nothing", null, "session_id"],
		["no session", { function_call_id: "c1", decision: "allow" }, "session_id"],
		["an empty session", { session_id: "", function_call_id: "c1", decision: "allow" }, "session_id"],
		["a session that is no text", { session_id: 7, function_call_id: "c1", decision: "allow" }, "session_id"],
		["no call", { session_id: SESSION, decision: "allow" }, "function_call_id"],
		["an empty call", { session_id: SESSION, function_call_id: "", decision: "allow" }, "function_call_id"],
		[
			"a call with a slash",
			{ session_id: SESSION, function_call_id: "a/b", decision: "allow" },
			"function_call_id",
		],
		[
			"a call id of 257 characters",
			{ session_id: SESSION, function_call_id: "c".repeat(257), decision: "allow" },
			"function_call_id",
		],
		["no decision", { session_id: SESSION, function_call_id: "c1" }, "decision"],
		["an unknown decision", { session_id: SESSION, function_call_id: "c1", decision: "yes" }, '"yes"'],
		["a decision in capitals", { session_id: SESSION, function_call_id: "c1", decision: "ALLOW" }, '"ALLOW"'],
		[
			"a reason that is no text",
			{ session_id: SESSION, function_call_id: "c1", decision: "deny", reason: {} },
			"reason",
		],
	];
	it.each(bad)("refuses %s, says what it expected, and records nothing", async (_what, payload, names) => {
		await onTurns({}, async (bench) => {
			const worker = await parked(bench);
			expect(await worker.call("approval::resolve", payload)).toEqual(refusal(names));
			expect(bench.engine.state("approvals")).toEqual({});
		})();
	});
});

describe("a session id of 10,000 characters", () => {
	it(
		"is refused by name, and nothing is recorded",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			const payload = { session_id: "s".repeat(10_000), function_call_id: "c1", decision: "allow" };
			const answer = await worker.call("approval::resolve", payload);
			expect(answer).toEqual({ ok: false, error: expect.stringMatching(/session_id.*512 characters/) });
			expect(bench.engine.state("approvals")).toEqual({});
		}),
	);
});

describe("a plain record that somebody else set", () => {
	it(
		"decides if it is there before the claim, which is refused",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			await bench.setPlain("c1", { decision: "deny", reason: "policy" });
			expect(await worker.resolve("c1", "allow")).toEqual(refusal("deny (policy)"));
			expect(await worker.resolve("c1", "deny")).toEqual({ ok: true });
			expect(await readDecision(bench.other, SESSION, "c1")).toEqual({ decision: "deny", reason: "policy" });
		}),
	);

	it(
		"replaces the claims before it, and those after it lose",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			await worker.resolve("c1", "allow");
			await bench.setPlain("c1", { decision: "deny", reason: "policy" });
			expect(await worker.resolve("c1", "allow")).toEqual(refusal("deny (policy)"));
			await worker.turn.start(SESSION, message({ c1: "pay" }));
			await bench.settled();
			expect(bench.runs).toEqual([]);
			expect((await bench.record()).function_results).toMatchObject([{ is_error: true }]);
		}),
	);

	it(
		"counts also if it slips in between a claim and its plain fields",
		onTurns({}, async (bench) => {
			let updates = 0;
			const between = {
				trigger: async (request: Parameters<typeof bench.other.trigger>[0]) => {
					if (request.function_id === "state::update" && ++updates === 2) {
						await bench.setPlain("c1", { decision: "deny", reason: "policy" });
					}
					return bench.other.trigger(request);
				},
			};
			const mine = { sessionId: SESSION, callId: "c1", id: "mine", decision: "allow", reason: null } as const;
			const theirs = { decision: "deny", reason: "policy" };
			expect(await claimDecision(between, { ...mine, reason: "looks fine" })).toEqual(theirs);
			expect(updates).toBe(3);
			expect(bench.engine.state("approvals")[`${SESSION}/c1`]).toEqual(theirs);
			const later = await claimDecision(bench.other, { ...mine, id: "later" });
			expect(later.decision).toBe("deny");
		}),
	);

	it(
		"changes nothing once a decision is committed in the turn record",
		onTurns({}, async (bench) => {
			const worker = await parked(bench);
			await worker.resolve("c1", "allow");
			await bench.settled();
			await bench.setPlain("c1", { decision: "deny", reason: "too late" });
			await bench.settled();
			expect(await worker.resolve("c1", "deny")).toEqual(refusal("allow"));
			expect(await worker.resolve("c1", "allow")).toEqual({ ok: true });
			await worker.resolve("c2", "deny");
			await bench.settled();
			const { work, function_results } = await bench.record();
			expect(work?.decisions?.c1).toEqual(allow);
			expect(function_results).toMatchObject([{ is_error: false }, { is_error: true }]);
			expect(bench.timesRun()).toEqual({ c1: 1 });
		}),
	);

	it(
		"is no decision if its word is unknown: the call stays parked, and may still be claimed",
		onTurns({}, async (bench) => {
			const worker = await parked(bench);
			await bench.setPlain("c1", { decision: "maybe", reason: null });
			await worker.turn.wake(SESSION);
			await bench.settled();
			expect((await bench.record()).awaiting_approval).toHaveLength(2);
			expect(await worker.resolve("c1", "allow")).toEqual({ ok: true });
			await bench.settled();
			expect(bench.timesRun()).toEqual({ c1: 1 });
		}),
	);

	it(
		"that is no object is left as it is: the claim rejects, and says which record it is",
		onTurns({}, async (bench) => {
			const worker = await parked(bench);
			await bench.setPlain("c1", "allow");
			await expect(worker.resolve("c1", "allow")).rejects.toThrow(`${SESSION}/c1`);
			expect(bench.approval("c1")).toBe("allow");
		}),
	);
});

describe("a decision that cannot be read", () => {
	it("is no decision either way: the queue tries again, and the turn goes on", async () => {
		let isDown = false;
		const link: Link = async ({ function_id, payload }, apply) => {
			const { scope } = payload as { scope?: string };
			if (isDown && function_id === "state::get" && scope === "approvals")
				throw new Error("The state is down.");
			return apply();
		};
		await onTurns({}, async (bench) => {
			const worker = bench.worker("w", { link });
			await worker.turn.start(SESSION, message({ c1: "pay" }));
			await bench.settled();
			isDown = true;
			await worker.resolve("c1", "allow");
			await bench.time.wait(500);
			expect(await bench.record()).toMatchObject({ state: "function_awaiting_approval" });
			isDown = false;
			await bench.settled();
			expect(await bench.record()).toMatchObject({ state: "stopped" });
			expect(bench.timesRun()).toEqual({ c1: 1 });
		})();
	});
});

describe("turn::on_approval", () => {
	it(
		"wakes the session for a plain decision",
		onTurns({}, async (bench) => {
			await parked(bench);
			await bench.setPlain("c1", { decision: "allow", reason: null });
			await bench.settled();
			expect(bench.timesRun()).toEqual({ c1: 1 });
		}),
	);

	it(
		"is not called for a claim, whose resolver wakes the session itself",
		onTurns({}, async (bench) => {
			const worker = await parked(bench);
			await worker.resolve("c1", "allow");
			await bench.settled();
			const calls = bench.engine.calls();
			expect(calls["turn::is_approval_decision::w"]).toBeGreaterThan(0);
			expect(calls["turn::on_approval::w"]).toBeUndefined();
			expect(calls["turn::function_awaiting_approval::w"]).toBe(2);
		}),
	);

	it.each([
		["no decision", "c1", { decision: "maybe" }],
		["an empty record", "c1", {}],
	])("is not called for %s", async (_what, callId, value) => {
		await onTurns({}, async (bench) => {
			await parked(bench);
			await bench.setPlain(callId, value);
			await bench.settled();
			expect(bench.engine.calls()["turn::on_approval::w"]).toBeUndefined();
		})();
	});

	it.each([
		["a session that nobody knows", "unknown/c1"],
		["a key without a session", "c1"],
	])("leaves %s alone", async (_what, key) => {
		await onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			expect(await worker.call("turn::on_approval", { key })).toEqual({ ok: true });
			await bench.settled();
			expect(Object.keys(bench.engine.calls()).filter((id) => id.startsWith("turn::function"))).toEqual([]);
			expect(bench.engine.deadLetters("turn-step")).toEqual([]);
		})();
	});

	it(
		"does not wake a turn that has ended",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			await worker.turn.start(SESSION, message({ c1: "pay" }));
			await worker.resolve("c1", "deny");
			await bench.settled();
			await bench.setPlain("c1", { decision: "allow", reason: null });
			await worker.resolve("c1", "deny");
			await bench.settled();
			expect(bench.engine.calls()["turn::stopped::w"]).toBeUndefined();
			expect(bench.engine.deadLetters("turn-step")).toEqual([]);
		}),
	);
});

describe("a turn that has ended without a decision", () => {
	it(
		"takes none any more: nothing could come of it",
		onTurns({}, async (bench) => {
			const worker = bench.worker("w");
			const record = { ...newTurn(SESSION, message({ c1: "pay" }), 1), state: "failed" };
			const payload = { scope: "turn_state", key: SESSION, value: record };
			await bench.other.trigger({ function_id: "state::set", payload });
			expect(await worker.resolve("c1", "allow")).toEqual({
				ok: false,
				error: expect.stringContaining("ended"),
			});
			expect(bench.approval("c1")).toBeUndefined();
		}),
	);
});
