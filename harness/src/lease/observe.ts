// What can be seen of leases from outside, for logs, metrics and reports; it decides nothing.

export type LeaseEvent =
	| {
			readonly type: "granted";
			readonly sessionId: string;
			readonly epoch: number;
			readonly owner: string;
			readonly takeover: boolean;
	  }
	| {
			readonly type: "turned_away";
			readonly sessionId: string;
			readonly epoch: number;
			readonly owner: string;
	  }
	| {
			readonly type: "released";
			readonly sessionId: string;
			readonly epoch: number;
			readonly turnedAway: number;
	  }
	/** The store has said so: it can be taken over at once. */
	| { readonly type: "abandoned"; readonly sessionId: string; readonly epoch: number }
	| {
			readonly type: "lost";
			readonly sessionId: string;
			readonly epoch: number;
			readonly why: string;
			/** It was abandoned, and the store has not answered: unless it heard, the session is blocked until the deadline. */
			readonly unheard?: true;
	  };

export type ObserveLease = (event: LeaseEvent) => void;
