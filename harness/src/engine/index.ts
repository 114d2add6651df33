// The in-process iii engine, for development, tests and simulation.
export type { ConnectOptions, EngineClient } from "./client.ts";
export { createEngine, type Engine, type EngineOptions } from "./engine.ts";
export { EngineError, type EngineErrorCode } from "./errors.ts";
export type { Like } from "./functions.ts";
export type { Json } from "./json.ts";
export { createNearLink, directLink, type Link } from "./link.ts";
export type { Burial, Change, Kept, KeptMessage, Persistence } from "./persistence.ts";
export type { DeadLetter } from "./queue.ts";
export type { QueueConfig } from "./queue-config.ts";
export type { StateEvent } from "./state.ts";
export type { StreamItem } from "./streams.ts";
