// A schedule as one line that can be pasted back.
//
//   sl1 <scenario> <decisions> <check>, joined by "|", for example sl1|two contenders|a*3 b!dies a|k3f
//
// A decision is the label of a choice; a label with *n is taken n times. Default decisions at the end are left out.
import { keyOf } from "./history-key.ts";

const VERSION = "sl1";
const CHECK_CHARACTERS = 6;

export interface Replay {
	readonly scenario: string;
	readonly labels: readonly string[];
}

export function encodeReplay({ scenario, labels }: Replay): string {
	const body = `${VERSION}|${scenario}|${runs(labels).join(" ")}`;
	return `${body}|${checkOf(body)}`;
}

/** @throws TypeError that says what is wrong: another version, a damaged or cut text. */
export function decodeReplay(text: string): Replay {
	const parts = text.trim().split("|");
	const [version, scenario, decisions, check] = parts;
	if (version !== VERSION) {
		throw new TypeError(`Expected a replay string of version ${VERSION}, got ${JSON.stringify(version)}.`);
	}
	if (parts.length !== 4 || scenario === undefined || decisions === undefined) {
		throw new TypeError(
			"Expected `sl1|<scenario>|<decisions>|<check>`: the replay string is cut or damaged.",
		);
	}
	if (check !== checkOf(`${version}|${scenario}|${decisions}`)) {
		throw new TypeError("The replay string is damaged: its check does not fit its text.");
	}
	const labels = decisions
		.split(" ")
		.filter((run) => run !== "")
		.flatMap(repeated);
	return { scenario, labels };
}

/** The decisions of a replay string, or why it is refused. */
export function readReplay(text: string, scenario: string): Replay | string {
	try {
		const replay = decodeReplay(text);
		if (replay.scenario === scenario) return replay;
		return `The replay string is of the scenario "${replay.scenario}", not "${scenario}".`;
	} catch (error) {
		return (error as Error).message;
	}
}

const checkOf = (body: string): string =>
	keyOf(body)
		.replace(/[^A-Za-z0-9]/g, "0")
		.slice(0, CHECK_CHARACTERS);

function runs(labels: readonly string[]): string[] {
	const found: { label: string; count: number }[] = [];
	for (const label of labels) {
		const last = found.at(-1);
		if (last?.label === label) last.count++;
		else found.push({ label, count: 1 });
	}
	return found.map(({ label, count }) => (count === 1 ? label : `${label}*${count}`));
}

const REPEATS_MAX = 999_999;

function repeated(run: string): string[] {
	const [, label = run, count = "1"] = /^(.+)\*([1-9]\d{0,6})$/.exec(run) ?? [];
	if (Number(count) > REPEATS_MAX)
		throw new TypeError(`Expected at most ${REPEATS_MAX} repeats, got ${run}.`);
	return Array.from({ length: Number(count) }, () => label);
}
