// What becomes of requests: applied and heard of, applied and not heard of, or still under way.
import type { Outcome, PendingCall } from "./pending-call.ts";
import type { WorldProcess } from "./process.ts";
import type { Tracer } from "./tracer.ts";

/** A request that nobody waits for any more: it lands at any later moment, or never. */
export interface Straggler extends Pick<PendingCall, "title" | "request" | "apply" | "to" | "key"> {
	readonly number: number;
}

export class Network {
	readonly stragglers: Straggler[] = [];
	readonly #tracer: Tracer | undefined;
	#count = 0;

	constructor(tracer: Tracer | undefined) {
		this.#tracer = tracer;
	}

	/** Has the outside deal with a call, and its process hear of it; one that stands still hears of it later. */
	carryOut(process: WorldProcess, call: PendingCall): void {
		const heard = (outcome: Outcome) => {
			if (process.status === "live" && "answer" in outcome) {
				this.#tracer?.answered(process.name, call, outcome.answer);
			}
			process.hear(call, outcome);
		};
		process.drop(call);
		if (call.outcome) heard(call.outcome);
		else this.#apply(process, call, heard);
	}

	#apply(process: WorldProcess, call: PendingCall, heard: (outcome: Outcome) => void): void {
		let answer: unknown;
		try {
			answer = call.apply();
		} catch (error) {
			heard({ error });
			return;
		}
		if (!(answer instanceof Promise)) {
			heard({ answer });
			return;
		}
		process.underWay++;
		const over = (outcome: Outcome) => {
			process.underWay--;
			heard(outcome);
		};
		answer.then(
			(value: unknown) => over({ answer: value }),
			(error: unknown) => over({ error }),
		);
	}

	/** The request goes on without its caller, unless it cannot matter when it lands. */
	strand(call: PendingCall): void {
		if (call.outcome || call.readsOnly || call.commutes) return;
		this.stragglers.push({ ...call, number: ++this.#count });
		this.#tracer?.leaves(this.#count);
	}

	land(straggler: Straggler): void {
		this.stragglers.splice(this.stragglers.indexOf(straggler), 1);
		this.applyUnheard(straggler);
	}

	/** What the request does is done; what it is answered goes nowhere, and a refusal has done nothing. */
	applyUnheard({ apply }: Pick<PendingCall, "apply">): void {
		void (async () => apply())().catch(() => undefined);
	}

	/** In no order: which of them lands is yet to be decided. */
	key(): string {
		const requests = this.stragglers.map(({ to, request }) => `${to} ${request}`);
		return requests.sort().join("\n");
	}
}
