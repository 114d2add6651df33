// An exploration under way: which schedules it has run, what they showed, and the report at its end.
import { createRandom } from "../system/random.ts";
import type { Decide } from "./decision.ts";
import { Exhaustive } from "./exhaustive.ts";
import { type ExploreOptions, refusalOfOptions, refusalOfScenario } from "./explore-options.ts";
import type { FaultKind } from "./faults.ts";
import { StrictGuide } from "./guided.ts";
import { Coverage, type Violation } from "./monitor.ts";
import { encodeReplay, readReplay } from "./replay-string.ts";
import type { Counterexample, Mode, Report } from "./report.ts";
import { type RunOptions, type RunResult, runSchedule } from "./run.ts";
import { drawByPriority, drawUniformly, swarmOf } from "./sampling.ts";
import type { Scenario } from "./scenario.ts";
import { shrink } from "./shrink.ts";
import { withoutStacks, withStacks } from "./stacks.ts";
import { tellingText } from "./telling-text.ts";
import type { TraceEntry } from "./trace.ts";
import { vacuities } from "./vacuity.ts";

const STEPS_MAX = 1_000;
const EXHAUSTIVE_MAX = 200_000;
const DRAWN_MAX = 1_000;
/** What PCT takes for the length of a schedule before it has seen one. */
const STEPS_EXPECTED = 50;

export class Exploration {
	readonly #scenario: Scenario;
	readonly #options: ExploreOptions;
	readonly #mode: Mode;
	readonly #stepsMax: number;
	readonly #schedulesMax: number;
	readonly #coverage: Coverage;
	readonly #struck = new Map<FaultKind, number>();
	#schedules = 0;
	#states = 0;
	#steps = 0;
	#isComplete = false;
	#covered: Report["preemptionsCovered"];
	#found: RunResult | undefined;
	#divergence: string | undefined;
	#refusal: string | undefined;
	#replayed: readonly TraceEntry[] | undefined;

	constructor(scenario: Scenario, options: ExploreOptions) {
		this.#scenario = scenario;
		this.#options = options;
		this.#mode = options.replay === undefined ? (options.mode ?? "exhaustive") : "replay";
		this.#stepsMax = options.stepsMax ?? STEPS_MAX;
		this.#schedulesMax = options.schedulesMax ?? (this.#mode === "exhaustive" ? EXHAUSTIVE_MAX : DRAWN_MAX);
		this.#coverage = new Coverage(scenario.properties ?? []);
	}

	async run(): Promise<Report> {
		this.#refusal = refusalOfOptions(this.#options) ?? refusalOfScenario(this.#scenario);
		if (this.#refusal) return this.#report(undefined);
		const restoreStacks = withoutStacks();
		try {
			await this.#explore();
			return this.#report(this.#found && (await this.#counterexample(this.#found)));
		} catch (error) {
			this.#refusal = `The exploration could not go on: ${error}`;
			return this.#report(undefined);
		} finally {
			restoreStacks();
		}
	}

	async #explore(): Promise<void> {
		if (this.#mode === "replay") await this.#replay(this.#options.replay as string);
		else if (this.#mode === "exhaustive") await this.#exhaust();
		else await this.#draw(this.#mode);
	}

	/** Whether another schedule is to be run. */
	get #goesOn(): boolean {
		const { signal } = this.#options;
		return !this.#found && this.#schedules < this.#schedulesMax && signal?.aborted !== true;
	}

	async #runOne(decide: Decide, own: Pick<RunOptions, "isKnown" | "traces"> = {}): Promise<RunResult> {
		const options = { decide, coverage: this.#coverage, stepsMax: this.#stepsMax, ...own };
		this.#options.onSchedule?.(this.#schedules);
		const result = await runSchedule(this.#scenario, options);
		this.#schedules++;
		this.#steps += result.steps;
		for (const kind of result.struck) this.#struck.set(kind, (this.#struck.get(kind) ?? 0) + 1);
		if (result.violation) this.#found = result;
		return result;
	}

	/** Few preemptions first: most bugs need no more, and the first one found is the simplest. */
	async #exhaust(): Promise<void> {
		const { preemptionsMax } = this.#options;
		const bounds = preemptionsMax === undefined ? [0, 1, 2, Number.POSITIVE_INFINITY] : [preemptionsMax];
		for (const bound of bounds) {
			const all = new Exhaustive(bound);
			let isDone = false;
			while (!isDone && this.#goesOn) {
				await this.#runOne(all.decide, { isKnown: () => all.isFollowing });
				isDone = !all.advance();
				this.#divergence = all.divergence;
				if (this.#divergence) return;
			}
			this.#states = all.states;
			if (!isDone || this.#found) return;
			this.#isComplete = !all.isBounded;
			this.#covered = all.isBounded ? bound : "all";
			if (this.#isComplete) return;
		}
	}

	async #draw(mode: "random" | "pct"): Promise<void> {
		const { seed = 1, changes = 2 } = this.#options;
		const random = createRandom(seed);
		const budgets = this.#scenario.faults ?? {};
		while (this.#goesOn) {
			const swarm = swarmOf(budgets, random);
			const stepsExpected = this.#schedules === 0 ? STEPS_EXPECTED : Math.ceil(this.#steps / this.#schedules);
			const byPriority = () => drawByPriority(random, swarm, { changes, stepsExpected });
			await this.#runOne(mode === "random" ? drawUniformly(random, swarm) : byPriority());
		}
	}

	async #replay(text: string): Promise<void> {
		const replay = readReplay(text, this.#scenario.name);
		if (typeof replay === "string") {
			this.#refusal = replay;
			return;
		}
		const guide = new StrictGuide(replay.labels);
		const { trace } = await this.#runOne(guide.decide, { traces: true });
		this.#replayed = trace;
		if (guide.missed) {
			const { label, choices } = guide.missed;
			this.#refusal = `Expected ${label} to be possible, but there was only ${choices.join(", ")}.`;
		} else if (!guide.isUsedUp) {
			this.#refusal = "The schedule ended before the replay string did.";
		}
	}

	async #counterexample(found: RunResult): Promise<Counterexample> {
		const foundInSchedule = this.#schedules;
		const apart = new Coverage(this.#scenario.properties);
		const again = (decide: Decide, traces = false) =>
			runSchedule(this.#scenario, { decide, coverage: apart, stepsMax: this.#stepsMax, traces });
		const smallest = this.#mode === "replay" ? found : await shrink(found, again, this.#options.signal);
		const labels = withoutDefaults(smallest);
		const shown = () => withStacks(() => again(new StrictGuide(labels).decide, true));
		const first = await shown();
		const second = await shown();
		for (const result of [first, second]) {
			if (!isSame(result.violation, smallest.violation))
				this.#divergence = "A failing schedule was run again, and held.";
		}
		if (tellingText(first.trace) !== tellingText(second.trace)) {
			this.#divergence = "A failing schedule was run again, and something else happened.";
		}
		return {
			violation: (first.violation ?? smallest.violation) as Violation,
			replay: encodeReplay({ scenario: this.#scenario.name, labels }),
			preemptions: first.preemptions,
			faults: first.struck,
			steps: first.steps,
			trace: first.trace,
			foundInSchedule,
		};
	}

	#verdict(isViolated: boolean, vacuous: readonly string[]): Pick<Report, "verdict" | "reasons"> {
		if (this.#refusal) return { verdict: "refused", reasons: [this.#refusal] };
		if (this.#divergence) return { verdict: "not deterministic", reasons: [this.#divergence] };
		if (isViolated) return { verdict: "violated", reasons: [] };
		return { verdict: vacuous.length > 0 ? "vacuous" : "held", reasons: vacuous };
	}

	#report(counterexample: Counterexample | undefined): Report {
		const { name, properties = [] } = this.#scenario;
		const faults = this.#scenario.faults ?? {};
		const { seed = 1 } = this.#options;
		const seen = properties.map((property) => {
			const { kind, sentence } = property;
			return { kind, sentence, ...this.#coverage.of(property) };
		});
		const struck = Object.fromEntries(this.#struck);
		const vacuous = this.#mode === "replay" ? [] : vacuities(seen, faults, struck);
		const hasSeed = this.#mode === "random" || this.#mode === "pct";
		return {
			scenario: name,
			mode: this.#mode,
			complete: this.#isComplete && !this.#divergence,
			schedules: this.#schedules,
			states: this.#states,
			steps: this.#steps,
			preemptionsCovered: this.#covered,
			limits: {
				faults,
				schedulesMax: this.#schedulesMax,
				stepsMax: this.#stepsMax,
				...(hasSeed ? { seed } : {}),
			},
			struck,
			properties: seen,
			...this.#verdict(counterexample !== undefined, vacuous),
			...(counterexample ? { counterexample } : {}),
			...(this.#replayed && !this.#refusal ? { replayed: this.#replayed } : {}),
		};
	}
}

/** A run that follows no more decisions takes the first choice each time: those at the end need not be told. */
function withoutDefaults({ labels, defaults }: RunResult): readonly string[] {
	let end = labels.length;
	while (end > 0 && defaults[end - 1] === true) end--;
	return labels.slice(0, end);
}

const isSame = (a: Violation | undefined, b: Violation | undefined): boolean =>
	a?.kind === b?.kind && a?.sentence === b?.sentence;
