// That clients of iii-sdk, the newest and the oldest that is supported, are what this library calls a client.
import type { IIIClient as NewestClient } from "iii-sdk";
import type { ISdk as OldestClient } from "iii-sdk-oldest";
import { expectTypeOf, it } from "vitest";
import type { EngineClient } from "../../src/engine/index.ts";
import type { IIIClient } from "../../src/stores/iii-client.ts";

it("takes the clients of both SDKs, and the engine's own, for one", () => {
	expectTypeOf<NewestClient>().toExtend<IIIClient>();
	expectTypeOf<OldestClient>().toExtend<IIIClient>();
	expectTypeOf<EngineClient>().toExtend<IIIClient>();
});
