// The entry point for whoever ports to another store: the kit that shows that a store does what the lease needs.
export { type ConformOptions, conform } from "./conform.ts";
export type { Capabilities, Client, OpenedPort, Port, TestRunner } from "./port.ts";
export { type Relay, type RelayCounts, startRelay } from "./relay.ts";
