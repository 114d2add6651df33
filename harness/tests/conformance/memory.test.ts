// The kit on the store that lives in this process.
import { describe, expect, it } from "vitest";
import { conform } from "../../src/conformance/conform.ts";
import { memoryStore } from "../../src/stores/memory-store.ts";

conform(
	{ describe, it, expect },
	{
		name: "the memory of this process",
		capabilities: { server: false, knowsForeign: false },
		async open() {
			const store = memoryStore();
			return { connect: async () => store, close: async () => undefined };
		},
	},
);
