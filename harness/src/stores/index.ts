// The entry point for stores: the port on each server, given a client of the caller's or opened by URL.
export { type IIIStoreOptions, iiiStore } from "./iii-store.ts";
export { memoryStore } from "./memory-store.ts";
export type { OpenStore, OpenStoreOptions } from "./opening.ts";
