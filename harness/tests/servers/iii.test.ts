// The kit on iii: the in-process engine served behind iii's protocol, and a real engine where there is one.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { conform } from "../../src/conformance/index.ts";
import { realClock, realWait } from "../../src/system/real-time.ts";
import { type ServedEngine, serveEngine } from "../../src/wire/serve-engine.ts";
import { describeOnEngines } from "../real/iii-engine.ts";
import { iiiPort } from "./iii-port.ts";

describe("an engine in this process", () => {
	let served: ServedEngine;
	beforeAll(async () => {
		const ports = { clock: realClock, wait: realWait, newId: randomUUID, triggerDelayMs: () => 0 };
		served = await serveEngine({ port: 0 }, ports);
	});
	afterAll(() => served.close());
	conform(
		{ describe, it, expect },
		iiiPort("iii, served in process,", () => served.url),
	);
});

describeOnEngines("the kit", (engine, state) => {
	conform(
		{ describe, it, expect },
		iiiPort(`iii with ${state}`, () => engine().url),
	);
});
