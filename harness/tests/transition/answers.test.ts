// What a serialized transition answers, and what becomes of a handler's errors.
import { describe, expect, it } from "vitest";
import { LeaseHeldError, type StandardSchema, TransientError } from "../../src/index.ts";
import type { Handle } from "../../src/transition/context.ts";
import { runSerialized } from "../../src/transition/run-serialized.ts";
import { errorOf, SESSION, TTL_MS } from "../support/bench.ts";
import { expectNoUnhandledRejections } from "../support/unhandled-rejections.ts";
import { bounce, type Doc, doc, goTo, inWorld, machine } from "./setup.ts";

expectNoUnhandledRejections();

describe("a transition answers", () => {
	it(
		"from which state it went, and to which",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			expect(await a.run("one", goTo("two"))).toEqual({ ok: true, from_state: "one", to_state: "two" });
			expect(await world.stored()).toEqual(doc("two"));
		}),
	);

	it(
		"that it was skipped if the record is in another state, without having called the handler",
		inWorld(async (world) => {
			const a = await world.started("a", doc("two"));
			const handle = () => Promise.reject(new Error("Expected no call."));
			expect(await a.run("one", handle)).toEqual({ ok: true, skipped: true, reason: "stale" });
			expect(await world.stored()).toEqual(doc("two"));
		}),
	);

	it(
		"with `record_missing` if there is no record anywhere, and leaves nothing held and nothing written",
		inWorld(async (world) => {
			const a = world.runner("a");
			expect(await errorOf(a.run("one"))).toMatchObject({ code: "record_missing" });
			expect(await world.runner("b").leases.inspect(SESSION)).toMatchObject({
				state: "free",
				owed: false,
				valueText: undefined,
			});
		}),
	);

	it(
		"with `lease_held` while another worker is at it, before the handler is called",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const calls: string[] = [];
			await a.run("one", async (record) => {
				const error = await errorOf(
					world.runner("b").run("one", async (late) => {
						calls.push("b");
						return late;
					}),
				);
				expect(error).toBeInstanceOf(LeaseHeldError);
				expect(error).toMatchObject({ transient: true, holder: "a" });
				return record;
			});
			expect(calls).toEqual([]);
		}),
	);
});

describe("a handler", () => {
	it(
		"gets a copy: what it changes counts only if it is answered",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one", "kept"));
			await errorOf(
				a.run("one", async (record) => {
					record.notes.push("lost");
					throw new TransientError("later");
				}),
			);
			expect(await world.stored()).toEqual(doc("one", "kept"));
			await a.run("one", async (record) => {
				record.notes.push("lost");
				throw new Error("wrong");
			});
			expect((await world.stored())?.notes).toEqual(["kept"]);
		}),
	);

	it(
		"gets a copy of an adopted plain record too",
		inWorld(async (world) => {
			const plain = doc("one", "kept");
			const a = world.runner("a");
			const ports = { ...a.ports, plain: { load: async () => plain, save: async () => undefined } };
			const handle: Handle<Doc> = async (record) => {
				record.notes.push("mine");
				throw new TransientError("later");
			};
			await errorOf(runSerialized(ports, { sessionId: SESSION, state: "one", handle }));
			expect(plain.notes).toEqual(["kept"]);
		}),
	);

	it(
		"is given the session, the epoch, a signal, and keys that stay the same over attempts",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const seen: unknown[] = [];
			for (let attempt = 0; attempt < 2; attempt++) {
				await a.run("one", async (record, { sessionId, epoch, signal, idempotencyKey }) => {
					seen.push({ sessionId, epoch, aborted: signal.aborted, key: idempotencyKey("pay") });
					return record;
				});
			}
			const common = { sessionId: SESSION, aborted: false, key: `${SESSION}/pay` };
			expect(seen).toEqual([
				{ ...common, epoch: 2 },
				{ ...common, epoch: 3 },
			]);
		}),
	);
});

/** A user's own, which only shares the name with ours. */
class ForeignTransientError extends Error {
	override readonly name = "TransientError";
}

const unnamed = {
	TransientError: class TransientError extends Error {},
};
class RateLimited extends unnamed.TransientError {}

describe("a transient error of the handler", () => {
	it.each([
		["of this library", new TransientError("later")],
		["of the user's own that bears the name", new ForeignTransientError("later")],
		["of the user's own class TransientError that sets no name", new unnamed.TransientError("later")],
		["of a class derived from the user's own", new RateLimited("later")],
	])(
		"%s passes through, saves nothing, sends nothing, and lets the next one in at once",
		async (_whose, error) => {
			await inWorld(async (world) => {
				const a = await world.started("a", doc("one"));
				const failing: Handle<Doc> = async (_record, context) => {
					context.emit("lost");
					throw error;
				};
				expect(await errorOf(a.run("one", failing))).toBe(error);
				expect(await world.stored()).toEqual(doc("one"));
				const before = world.time.clock.monotonicMs();
				expect(await world.runner("b").run("one", goTo("two"))).toMatchObject({ to_state: "two" });
				expect(world.time.clock.monotonicMs()).toBe(before);
				expect(world.sent).toEqual([]);
			})();
		},
	);
});

const stateSchema: StandardSchema<Doc> = {
	"~standard": {
		version: 1,
		vendor: "test",
		validate: (value) =>
			typeof (value as Doc).state === "string"
				? { value: value as Doc }
				: { issues: [{ message: "no state of its machine", path: ["state"] }] },
	},
};

describe("any other error routes the record to failed, and is acknowledged:", () => {
	const table: readonly [what: string, handle: Handle<Doc>, message: string][] = [
		["one that was thrown", () => Promise.reject(new Error("no such model")), "no such model"],
		[
			"one thrown before the first await",
			() => {
				throw new Error("at once");
			},
			"at once",
		],
		["a thrown text", () => Promise.reject("just text"), "just text"],
		["an answer of undefined", async () => undefined as never, "The handler answered no record."],
		["an answer of null", async () => null as never, "The handler answered no record."],
		["a record with a BigInt", async (record) => ({ ...record, big: 1n }), "cannot be written as JSON"],
		["a record that does not fit the schema", async () => ({ state: 5 }) as never, "no state of its machine"],
		[
			"an event that is no JSON",
			async (record, context) => {
				context.emit(() => undefined);
				return record;
			},
			"JSON",
		],
		["an answer that is no record", async () => 5 as never, "no state of its machine"],
		["a record without a state", async () => ({}) as never, "no state of its machine"],
		[
			"an event with a BigInt",
			async (record, context) => {
				context.emit({ big: 1n });
				return record;
			},
			"BigInt",
		],
	];
	it.each(table)("%s", async (_what, handle, message) => {
		await inWorld(async (world) => {
			const a = await world.started("a", doc("one", "kept"), { schema: stateSchema });
			expect(await a.run("one", handle)).toEqual({ ok: true, from_state: "one", to_state: "failed" });
			const error = { kind: "transition_error", message: expect.stringContaining(message) };
			expect(await world.stored()).toEqual({ ...doc("failed", "kept"), error });
			expect(world.sent.map(({ event }) => event)).toEqual(["failed"]);
			expect(world.wakes).toEqual([]);
			expect(await a.leases.inspect(SESSION)).toMatchObject({ state: "free", owed: false });
		})();
	});

	it(
		"once: the same wake again is stale, and announces nothing",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a.run("one", () => Promise.reject(new Error("wrong")));
			expect(await a.run("one", () => Promise.reject(new Error("again")))).toMatchObject({ skipped: true });
			expect(await world.stored()).toMatchObject({ error: { message: "wrong" } });
			expect(world.sent).toHaveLength(1);
		}),
	);

	it(
		"even if somebody was turned away meanwhile, and then wakes nobody",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await a.run("one", async () => {
				await bounce(world, "b", "one");
				throw new Error("wrong");
			});
			expect(world.wakes).toEqual([]);
		}),
	);
});

describe("a lease that was lost while the handler ran", () => {
	it(
		"is a lost lease and no failure, if the holder knows already",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const error = await errorOf(
				a.run("one", async (_record, { signal }) => {
					world.time.jump(TTL_MS);
					signal.throwIfAborted();
					throw new Error("unreachable");
				}),
			);
			expect(error).toMatchObject({ code: "lease_lost", transient: true });
			expect(await world.stored()).toEqual(doc("one"));
		}),
	);

	it(
		"is a lost lease and no failure, whatever the handler throws because of it",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const error = await errorOf(
				a.run("one", async () => {
					world.time.jump(TTL_MS);
					throw new Error("fetch failed");
				}),
			);
			expect(error).toMatchObject({ code: "lease_lost" });
			expect(await world.stored()).toEqual(doc("one"));
			expect(world.sent).toEqual([]);
		}),
	);

	it(
		"is no failure that the machine is asked about",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const failures: unknown[] = [];
			const asked: typeof machine = {
				...machine,
				fail(record, error, emit) {
					failures.push(error);
					return machine.fail(record, error, emit);
				},
			};
			const handle = async () => {
				world.time.jump(TTL_MS);
				throw new Error("fetch failed");
			};
			const run = runSerialized({ ...a.ports, machine: asked }, { sessionId: SESSION, state: "one", handle });
			expect(await errorOf(run)).toMatchObject({ code: "lease_lost" });
			expect(failures).toEqual([]);
		}),
	);

	it(
		"is a lost lease and no failure, if only the store knows",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const error = await errorOf(
				a.run("one", async () => {
					await world.runner("operator").leases.break(SESSION, "stuck");
					throw new Error("wrong");
				}),
			);
			expect(error).toMatchObject({ code: "lease_lost" });
			expect(await world.stored()).toEqual(doc("one"));
			expect(world.sent).toEqual([]);
			expect(world.wakes).toEqual([]);
		}),
	);

	it(
		"voids what the handler answers",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			const error = await errorOf(
				a.run("one", async (record) => {
					await world.runner("operator").leases.break(SESSION, "stuck");
					await world.runner("b").run("one", goTo("theirs", "theirs"));
					return { ...record, state: "mine" };
				}),
			);
			expect(error).toMatchObject({ code: "lease_lost", lastWrite: "void" });
			expect(await world.stored()).toEqual(doc("theirs"));
			expect(world.wakes).toEqual(["theirs"]);
		}),
	);
});

describe("a handler that needs another session", () => {
	it(
		"and is turned away from it is transient, and no loser of its own session",
		inWorld(async (world) => {
			const a = await world.started("a", doc("one"));
			await world.runner("other").leases.acquire("another");
			const nested = a.run("one", async (record) => {
				await a.leases.acquire("another");
				return record;
			});
			const error = await errorOf(nested);
			expect(error).toMatchObject({ code: "transient", cause: { code: "lease_held" } });
			expect(await a.run("one", goTo("two"))).toMatchObject({ to_state: "two" });
		}),
	);
});
