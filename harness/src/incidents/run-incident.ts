// Runs an incident: what was broken has to break, and with the piece it has to hold, as far as it says.
import { type ExploreOptions, explore as exploreHere } from "../explore/explore.ts";
import type { Report } from "../explore/report.ts";
import type { Scenario } from "../explore/scenario.ts";
import type { BrokenScenario, Extent, HeldScenario, Incident, IncidentCase } from "./incident.ts";

export interface IncidentReport extends Pick<Incident, "name" | "title" | "happened" | "sources"> {
	readonly cases: readonly CaseReport[];
}

export interface CaseReport extends Pick<IncidentCase, "title" | "piece"> {
	readonly broken: BrokenReport;
	readonly reported: BrokenReport;
	readonly held: readonly HeldReport[];
	/** What was not explored, since it takes minutes. */
	readonly leftOut: readonly LeftOut[];
}

interface ExploredReport {
	readonly report: Report;
	/** What is not as it should be, in a sentence; missing: nothing. */
	readonly differs?: string;
}

export interface BrokenReport extends ExploredReport {
	/** The sentence of the property that was to break. */
	readonly breaks: string;
}

export interface HeldReport extends ExploredReport {
	readonly extent: Extent;
}

export interface LeftOut {
	readonly scenario: string;
	readonly extent: Extent;
}

export interface RunIncidentOptions {
	/** Also what takes minutes. @default false */
	readonly full?: boolean;
	/** Called for one scenario after the other. @default `explore` */
	readonly explore?: Explore;
}

export type Explore = (scenario: Scenario, options: ExploreOptions) => Promise<Report>;

/** Rejects as `explore` does. */
export async function runIncident(
	{ name, title, happened, sources, cases }: Incident,
	options: RunIncidentOptions = {},
): Promise<IncidentReport> {
	const reports: CaseReport[] = [];
	for (const one of cases) reports.push(await runCase(one, options));
	return { name, title, happened, sources, cases: reports };
}

async function runCase(
	{ title, piece, broken, reported, held }: IncidentCase,
	{ full = false, explore = exploreHere }: RunIncidentOptions,
): Promise<CaseReport> {
	const isLeftOut = ({ takesLong = false }: HeldScenario) => takesLong && !full;
	const explored = held.filter((entry) => !isLeftOut(entry));
	return {
		title,
		piece,
		broken: await runBroken(broken, explore),
		reported: await runBroken(reported, explore),
		held: await exploreEach(explored, explore),
		leftOut: held.filter(isLeftOut).map(({ scenario, extent }) => ({ scenario: scenario.name, extent })),
	};
}

/** As far as it says. */
export async function exploreHeld(
	{ scenario, extent }: HeldScenario,
	explore: Explore = exploreHere,
): Promise<HeldReport> {
	const report = await explore(scenario, optionsOf(extent));
	return { extent, report, ...differing(heldDiffers(report, extent)) };
}

/** What is not as it should be, a sentence each. */
export function differences({ cases }: IncidentReport): readonly string[] {
	return cases.flatMap(({ broken, reported, held }) =>
		[broken, reported, ...held].flatMap(({ differs }) => differs ?? []),
	);
}

const SCHEDULES_MAX = 1_000_000_000;

function optionsOf(extent: Extent): ExploreOptions {
	if (extent === "all") return { preemptionsMax: Number.POSITIVE_INFINITY, schedulesMax: SCHEDULES_MAX };
	if ("preemptionsMax" in extent)
		return { preemptionsMax: extent.preemptionsMax, schedulesMax: SCHEDULES_MAX };
	const { drawn, seed } = extent;
	return { mode: "pct", schedulesMax: drawn, ...(seed === undefined ? {} : { seed }) };
}

async function exploreEach(entries: readonly HeldScenario[], explore: Explore): Promise<HeldReport[]> {
	const reports: HeldReport[] = [];
	for (const entry of entries) reports.push(await exploreHeld(entry, explore));
	return reports;
}

async function runBroken(
	{ scenario, options = {}, breaks }: BrokenScenario,
	explore: Explore,
): Promise<BrokenReport> {
	const report = await explore(scenario, options);
	return { breaks, report, ...differing(brokenDiffers(report, breaks)) };
}

function brokenDiffers(report: Report, breaks: string): string | undefined {
	const found = report.counterexample?.violation.sentence;
	if (report.verdict === "violated" && found === breaks) return undefined;
	return `"${report.scenario}" was to break "${breaks}", and ${outcomeText(report)}.`;
}

function heldDiffers(report: Report, extent: Extent): string | undefined {
	if (report.verdict !== "held") return `"${report.scenario}" was to hold, and ${outcomeText(report)}.`;
	if (isCovered(report, extent)) return undefined;
	return `"${report.scenario}" holds, but was not explored as far as it says.`;
}

function outcomeText({ verdict, counterexample, reasons }: Report): string {
	const why = counterexample ? [`"${counterexample.violation.sentence}"`] : reasons;
	const what = verdict === "violated" ? "broke" : `was found ${verdict}`;
	return why.length > 0 ? `${what}: ${why.join(" ").replace(/\.$/, "")}` : what;
}

function isCovered({ preemptionsCovered, schedules }: Report, extent: Extent): boolean {
	if (extent !== "all" && "drawn" in extent) return schedules >= extent.drawn;
	if (preemptionsCovered === undefined || preemptionsCovered === "all") return preemptionsCovered === "all";
	return extent !== "all" && preemptionsCovered >= extent.preemptionsMax;
}

const differing = (differs: string | undefined): { readonly differs?: string } =>
	differs === undefined ? {} : { differs };
