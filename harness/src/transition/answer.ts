// What a transition answers, in the turn-orchestrator's shapes.

export type TransitionAnswer =
	| { readonly ok: true; readonly from_state: string; readonly to_state: string }
	| { readonly ok: true; readonly skipped: true; readonly reason: "stale" };

export const STALE: TransitionAnswer = { ok: true, skipped: true, reason: "stale" };
