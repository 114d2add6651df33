// States that look alike and are not: each of these was once cut, or never offered, and a violation missed.
import { describe, expect, it } from "vitest";
import { explore } from "../../src/explore/explore.ts";
import type { FaultBudgets } from "../../src/explore/faults.ts";
import { engineIn } from "../../src/explore/iii.ts";
import { atMostOnce, never, type Property } from "../../src/explore/properties.ts";
import type { Process, World } from "../../src/explore/scenario.ts";
import { scenarioOf } from "./setup.ts";

const noBad = never("it goes bad", ({ count }) => count("bad") > 0);

/** In every way to go through all schedules. */
async function expectFound(
	setup: (world: World) => void,
	{ faults = {}, properties = [noBad] }: { faults?: FaultBudgets; properties?: readonly Property[] } = {},
): Promise<void> {
	for (const options of [{}, { preemptionsMax: Number.POSITIVE_INFINITY }]) {
		const { verdict, reasons } = await explore(scenarioOf(setup, { faults, properties }), options);
		expect({ verdict, reasons }).toEqual({ verdict: "violated", reasons: [] });
	}
}

describe("what tells states apart", () => {
	it("the order of messages that wait", async () => {
		await expectFound((world) => {
			const sent = world.value<string[]>([]);
			const log = world.value<string[]>([]);
			const queue = world.queue("q");
			for (const [name, text] of [
				["a", "x"],
				["b", "y"],
			] as const) {
				world.process(name, ({ task, call }) => {
					const send = () => {
						sent.set([...sent.get(), text].sort());
						queue.put(text);
					};
					task(() => call(`sends ${text}`, send));
				});
			}
			world.process("w", (process) => {
				const { task, call } = process;
				task(async () => {
					if ((await call("sent?", () => sent.get())).length < 2) return;
					await Promise.all([call("l", () => 0), call("r", () => 0)]);
					queue.serve(process, (message) =>
						call(`logs ${message}`, () => {
							log.set([...log.get(), message as string]);
							if (log.get().join("") === "yx") world.note("bad");
						}),
					);
				});
			});
		});
	});

	it.each<[string, () => unknown, () => unknown]>([
		["a map", () => new Map(), () => new Map([[1, 1]])],
		["a set", () => new Set(), () => new Set([1])],
		["what is undefined", () => ({ v: undefined }), () => ({})],
		["no number", () => Number.NaN, () => null],
	])("answers that JSON takes for equal: %s", async (_name, first, later) => {
		const isLater = (answer: unknown) =>
			JSON.stringify([...told(answer)]) === JSON.stringify([...told(later())]);
		const told = (answer: unknown): Iterable<unknown> => {
			if (answer instanceof Map || answer instanceof Set) return [answer.size];
			return [answer === null, typeof answer === "object" && answer !== null && "v" in answer];
		};
		await expectFound((world) => {
			let isSet = false;
			world.process("a", ({ task, call }) => {
				task(() =>
					call("sets", () => {
						isSet = true;
					}),
				);
			});
			world.share({ key: () => String(isSet) });
			world.process("z", ({ task, call, note }) => {
				task(async () => {
					const read = await call("reads", () => (isSet ? later() : first()));
					const [l, r] = await Promise.all([call("l", () => isSet), call("r", () => isSet)]);
					if (!isLater(read) && l && r) note("bad");
				});
			});
		});
	});

	it("errors by more than their message", async () => {
		await expectFound((world) => {
			const value = world.value(0);
			world.process("a", ({ task, call }) => task(() => call("sets", () => value.set(1))));
			world.process("z", ({ task, call, note }) => {
				task(async () => {
					const refuse = () => {
						throw Object.assign(new Error("refused"), { code: value.get() });
					};
					const { code } = await call("asks", refuse).catch((error: { code: number }) => error);
					const [l, r] = await Promise.all([call("l", () => value.get()), call("r", () => value.get())]);
					if (code === 0 && l === 1 && r === 1) note("bad");
				});
			});
		});
	});

	it("the events that are yet to happen", async () => {
		await expectFound((world) => {
			const value = world.value(0);
			world.process("a", ({ task, call }) => task(() => call("sets", () => value.set(1))));
			world.process("w", ({ task, call }) => {
				task(async () => {
					for (const title of ["one", "two", "three"]) await call(title, () => undefined);
				});
			});
			world.process("z", ({ task, call }) => {
				const expects = () => {
					const title = value.get() === 0 ? "early" : "late";
					void world.event(title).then(() => title === "early" && value.get() === 1 && world.note("bad"));
				};
				task(() => call("expects", expects));
			});
		});
	});
});

describe("what can happen", () => {
	it("a call that nobody waits for is lost on its way", async () => {
		let marks: { get(): number } | undefined;
		const unmarked = never("it is paid and never marked", ({ count, atRest }) => {
			return atRest && count("paid") === 1 && marks?.get() === 0;
		});
		await expectFound(
			(world) => {
				const shared = world.value(0);
				marks = shared;
				const start = ({ task, call }: Process) => {
					task(async () => {
						await call("pays", () => world.note("paid"));
						void call("marks", () => shared.set(1));
					});
				};
				world.process("a", start, { restarts: false });
			},
			{ faults: { delay: 1 }, properties: [unmarked] },
		);
	});

	it("a message comes while a call commutes", async () => {
		await expectFound(
			(world) => {
				const queue = world.queue("q", { concurrency: 2 });
				const seen = new Set<unknown>();
				world.process(
					"a",
					(process) => {
						queue.serve(process, async (message) => {
							if (seen.has(message)) return;
							await process.call("logs", () => undefined, { commutes: true });
							seen.add(message);
							process.note("paid");
						});
					},
					{ perMessage: false },
				);
				queue.put("m");
				queue.put("m");
				seen.clear();
			},
			{ properties: [atMostOnce("paid")] },
		);
	});

	it("a stream is read before an event comes, unless nobody reads it", async () => {
		await expectFound((world) => {
			const engine = engineIn(world, { scopes: [], streams: [["s", "g"]] });
			const payload = { stream_name: "s", group_id: "g" };
			world.process("a", (process) => {
				const iii = engine.connect(process);
				const item = { ...payload, item_id: "1", data: {} };
				process.task(() => iii.trigger({ function_id: "stream::set", payload: item }));
			});
			world.process("z", (process) => {
				const iii = engine.connect(process);
				process.task(async () => {
					const items = (await iii.trigger({ function_id: "stream::list", payload })) as unknown[];
					if (items.length === 0) process.note("bad");
				});
			});
		});
	});

	it("a shared value is looked at after every step", async () => {
		let value: { get(): number } | undefined;
		const properties = [never("it is 1", () => value?.get() === 1)];
		await expectFound(
			(world) => {
				const shared = world.value(0);
				value = shared;
				world.process("a", ({ task, call }) => {
					task(async () => {
						await call("one", () => shared.set(1));
						await call("two", () => shared.set(2));
					});
				});
			},
			{ properties },
		);
	});
});

describe("what goes wrong by itself", () => {
	it("work is given to a process that has ended", async () => {
		const scenario = scenarioOf((world) => {
			world.process("z", ({ task, call, handle }) => {
				task(() => call("ends", () => undefined));
				void world.event("later").then(() => handle("later", async () => undefined));
			});
		});
		const { counterexample } = await explore(scenario);
		expect(counterexample?.violation.detail).toContain("z is given work after it had ended");
	});

	it("a start that rejects is a task that fails", async () => {
		const scenario = scenarioOf((world) => {
			world.process("a", async ({ call }) => {
				await call("begins", () => undefined);
				throw new Error("start failed");
			});
		});
		const { counterexample } = await explore(scenario);
		expect(counterexample?.violation).toMatchObject({ kind: "task", sentence: "no task of a fails" });
	});

	it("a refusal that nobody hears of ends no process", async () => {
		const scenario = scenarioOf((world) => {
			world.process("a", ({ task, call }) => {
				task(async () => {
					void call("refused", () => {
						throw new Error("refused");
					});
				});
			});
		});
		expect(await explore(scenario)).toMatchObject({ verdict: "held", complete: true });
	});

	it("names that are taken are refused", async () => {
		for (const name of ["expiry", "store"]) {
			const scenario = scenarioOf((world) => world.process(name, () => undefined));
			const { counterexample } = await explore(scenario);
			expect(counterexample?.violation.detail).toContain("which is taken");
		}
	});
});
