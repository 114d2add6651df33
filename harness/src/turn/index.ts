// The entry point for iii: the store, the transition runner, and the turn with its approvals.
export type {
	FunctionHandler,
	IIIClient,
	RegisterTriggerRequest,
	TriggerRequest,
} from "../stores/iii-client.ts";
export { type IIIStoreOptions, iiiStore } from "../stores/iii-store.ts";
export {
	APPROVALS_SCOPE,
	approvalKey,
	type Claim,
	claimDecision,
	decisionOf,
	readDecision,
} from "./approvals.ts";
export type { CallContext, TurnFunctions } from "./functions.ts";
export { type IIIPorts, type IIIPortsOptions, iiiPorts } from "./iii-ports.ts";
export type {
	AssistantContent,
	AssistantMessage,
	Decision,
	ExecutedCall,
	FunctionCall,
	FunctionCallContent,
	FunctionResult,
	TurnRecord,
	TurnState,
	TurnWork,
} from "./record.ts";
export { newTurn } from "./record.ts";
export { type RegisteredTurn, type RegisterTurnOptions, registerTurn } from "./register-turn.ts";
export type { ResolveAnswer } from "./resolve-approval.ts";
export { type RunTransitionOptions, runTransition, unserialize } from "./run-transition.ts";
export { turnMachine } from "./turn-machine.ts";
