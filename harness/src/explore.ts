// The entry point of the explorer: every interleaving of a scenario, or as many as one likes, the shortest one that
// breaks, and what it looks like.
export type { Decide, DecisionPoint } from "./explore/decision.ts";
export { type ExploreOptions, explore } from "./explore/explore.ts";
export { FAULT_KINDS, type FaultBudgets, type FaultKind } from "./explore/faults.ts";
export { engineIn, type FunctionMessage, type WorldEngine, type WorldEngineOptions } from "./explore/iii.ts";
export {
	closesOnce,
	followsOnce,
	joinCloses,
	settlesMeet,
	watchJoin,
} from "./explore/join-properties.ts";
export {
	fencedLeases,
	givenBackIsFree,
	lastValueStands,
	recordStaysSmall,
	signalInTime,
	someoneIsTurnedAway,
	someoneTakesOver,
	watchLeases,
	worksOn,
} from "./explore/lease-properties.ts";
export type { Violation } from "./explore/monitor.ts";
export {
	always,
	atMostOnce,
	eventually,
	type Gather,
	type Judgement,
	never,
	type Property,
	type PropertyOptions,
	sometimes,
	type View,
	type WorldEvent,
} from "./explore/properties.ts";
export type { Queue, QueueOptions } from "./explore/queue.ts";
export { decodeReplay, encodeReplay, type Replay } from "./explore/replay-string.ts";
export type { Counterexample, Mode, PropertyReport, Report, Verdict } from "./explore/report.ts";
export type { Resource } from "./explore/resource.ts";
export type {
	CallOptions,
	Process,
	ProcessOptions,
	Scenario,
	SharedValue,
	World,
} from "./explore/scenario.ts";
export { releasedSession, sessionValue } from "./explore/session-record.ts";
export type { TraceEntry } from "./explore/trace.ts";
export { recordedHistory } from "./explore/trace-history.ts";
export {
	comesToItsEnd,
	happensTimes,
	isReleased,
	outboxIsEmpty,
	terminalIsFinal,
} from "./explore/transition-properties.ts";
export { assertHolds, type HoldOptions } from "./report/assert-holds.ts";
export { explorationText, type TextOptions } from "./report/exploration-text.ts";
export { mermaidDiagram } from "./report/mermaid.ts";
export { explorationPage } from "./report/page.ts";
