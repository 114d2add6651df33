// One worker of a simulation: it acquires, writes, gives back, forgets to, and comes again after a crash.
import { type Lease, LeaseLostError, type Leases } from "../../src/index.ts";
import { tokenOf } from "./history-checks.ts";
import type { WriteEntry } from "./recorder.ts";
import {
	BREAKER,
	expectKnown,
	type HeldLease,
	SESSION,
	startProcess,
	TTL_MS,
	type World,
} from "./simulated-world.ts";
import type { SimulatedProcess } from "./simulation.ts";

/** One worker: a process, and the one after it whenever it crashes. */
export async function work(world: World, name: string): Promise<void> {
	const { random, recorder } = world;
	let transitions = random.integer(2, 5);
	for (let life = 1; transitions > 0 && life <= 10; life++) {
		const { process, leases } = startProcess(world, `${name}-${life}`);
		const outcome = await process.run(async () => {
			while (transitions-- > 0) {
				await process.ports.wait(random.integer(0, random.pick([5, TTL_MS])));
				await transition(world, process, leases);
			}
		});
		if (outcome.type === "rejected") world.violations.push(`${process.name} failed: ${outcome.error}`);
		if (outcome.type !== "crashed") return;
		recorder.counts.crashes++;
	}
}

async function transition(world: World, process: SimulatedProcess, leases: Leases<string[]>): Promise<void> {
	const { random, recorder, simulation } = world;
	let lease: Lease<string[]>;
	try {
		lease = await leases.acquire(SESSION, random.once(4) ? { waitMs: random.integer(1, 2 * TTL_MS) } : {});
	} catch (error) {
		return expectKnown(world, error);
	}
	const atMs = simulation.time.clock.monotonicMs();
	const held = hold(world, { lease, process, grant: recorder.granted(process.name, lease, atMs) });
	for (let step = random.integer(0, 3); step > 0; step--) {
		await process.ports.wait(random.integer(0, random.pick([0, 20, TTL_MS / 2, 2 * TTL_MS])));
		if (random.once(2) && lease.signal.aborted) break;
		if (!(await append(world, held, (value) => lease.write(value, { owed: random.once(2) })))) return;
	}
	await giveBack(world, held);
}

/** A rival was granted: whoever held before it has stopped by now. */
function hold(world: World, { lease, process, grant }: Omit<HeldLease, "stopped" | "free">): HeldLease {
	const { held, settings, violations, recorder } = world;
	if (!settings.rewinds) {
		for (const other of held) {
			const { epoch } = other.grant;
			if (other.process.crashed || other.free || epoch > grant.epoch) continue;
			if (recorder.brokenBetween(epoch, grant.epoch, BREAKER)) continue;
			// After a jump, whoever is to be stopped finds out when it looks.
			const stopped = settings.jumps ? other.lease.signal.aborted : other.stopped;
			if (!stopped)
				violations.push(`epoch ${grant.epoch} was granted before epoch ${other.grant.epoch} was stopped`);
		}
	}
	const entry: HeldLease = { lease, process, grant, stopped: lease.signal.aborted, free: false };
	lease.signal.addEventListener("abort", () => {
		entry.stopped = true;
	});
	held.push(entry);
	return entry;
}

/** Writes one token more; answers whether the lease is still good for another. */
async function append(
	world: World,
	held: HeldLease,
	send: (value: string[]) => Promise<unknown>,
): Promise<boolean> {
	const { recorder } = world;
	const { lease, grant } = held;
	const mine = recorder.writes.filter((write) => write.id === grant.id).length;
	const entry = recorder.writing(grant, tokenOf(grant, mine + 1));
	try {
		await send([...(lease.value ?? []), entry.token]);
		entry.outcome = "acknowledged";
		recorder.counts.acknowledged++;
		return true;
	} catch (error) {
		noteLoss(world, entry, error);
		return false;
	}
}

function noteLoss(world: World, entry: WriteEntry, error: unknown): void {
	const { counts } = world.recorder;
	expectKnown(world, error);
	if (!(error instanceof LeaseLostError)) return;
	// Never sent, or sent and void: either way it never shows.
	const outcome = error.lastWrite === "unknown" ? "unknown" : "void";
	entry.outcome = outcome;
	counts[outcome]++;
}

async function giveBack(world: World, held: HeldLease): Promise<void> {
	const { random, recorder } = world;
	const { lease } = held;
	const way = random.pick(["value", "value", "plain", "abandon", "walk away"]);
	if (way === "walk away") return;
	held.free = true;
	if (way === "abandon") {
		await lease.abandon();
		recorder.counts.abandoned++;
	} else if (way === "value") {
		if (await append(world, held, (value) => lease.release({ value }))) recorder.counts.released++;
	} else {
		await lease.release({ owed: random.once(2) }).then(
			() => recorder.counts.released++,
			(error: unknown) => expectKnown(world, error),
		);
	}
}
