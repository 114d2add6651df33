// Which wakes of a job are under way on an engine that does not tell: sent, and neither handled nor given up.
//
// sent -> refused                  it is on no queue
//      -> running -> handled       its function has resolved: the queue drops it
//                 -> sent          its function has failed, or its worker died: the queue brings it again
//      -> given up                 it is among the dead letters
//      -> unseen                   the queue would have brought it by now: what became of it is not known
// unseen -> running                it comes after all
//        -> given up

export interface WakeLedger {
	/** Wakes that are on the queue, or being handled. */
	readonly underWay: number;
	/** Wakes of which nobody knows what became: no longer counted as under way. */
	readonly unseen: number;
	/** Functions of the job that are running, be it for a wake or for anything else. */
	readonly running: number;
	/** When anything happened last, in monotonic milliseconds. */
	readonly changedAtMs: number;
	/** Before it is sent. */
	sent(wakeId: string): void;
	refused(wakeId: string): void;
	/** A function begins, for this wake or for none; what it answers is to be told once how that ended. */
	begin(wakeId: string | undefined): (end: "handled" | "failed") => void;
	givenUp(wakeIds: Iterable<string>): void;
	/** All that are under way are not waited for any more. Nothing has happened by that. */
	loseSight(): void;
}

export function createWakeLedger(nowMs: () => number): WakeLedger {
	const underWay = new Set<string>();
	const unseen = new Set<string>();
	let running = 0;
	let changedAtMs = nowMs();
	const change = () => {
		changedAtMs = nowMs();
	};
	return {
		get underWay() {
			return underWay.size;
		},
		get unseen() {
			return unseen.size;
		},
		get running() {
			return running;
		},
		get changedAtMs() {
			return changedAtMs;
		},
		sent(wakeId) {
			underWay.add(wakeId);
			change();
		},
		refused(wakeId) {
			underWay.delete(wakeId);
			change();
		},
		begin(wakeId) {
			if (wakeId !== undefined && unseen.delete(wakeId)) underWay.add(wakeId);
			running++;
			change();
			return (end) => {
				running--;
				if (end === "handled" && wakeId !== undefined) underWay.delete(wakeId);
				change();
			};
		},
		givenUp(wakeIds) {
			for (const wakeId of wakeIds) {
				if (underWay.delete(wakeId)) change();
				unseen.delete(wakeId);
			}
		},
		loseSight() {
			for (const wakeId of underWay) unseen.add(wakeId);
			underWay.clear();
		},
	};
}
