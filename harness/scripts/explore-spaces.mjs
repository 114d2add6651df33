// Explores the library's own scenarios, each as far as it is listed here, and fails if one does not hold.
import { exploreHeld } from "../dist/incidents/run-incident.js";
import { explorationText } from "../dist/report/exploration-text.js";
import { exploreApart } from "./explore-apart.mjs";

/** The longest first. `all`: every schedule; or every one with so many preemptions at most; or drawn ones. */
const EXTENTS = [
	["two contenders, two transitions each", "all"],
	["a writer and two readers", "all"],
	["three contenders", "all"],
	["three parallel approvals", { drawn: 10_000 }],
	["two parallel approvals", { drawn: 10_000 }],
	["one approval", { preemptionsMax: 2 }],
	["two contenders, a request applied twice", "all"],
	["two parallel approvals", { preemptionsMax: 0 }],
	["two crashes and two expiries", "all"],
];

const explore = ({ name }, options) => exploreApart(name, options);
const explored = await Promise.all(
	EXTENTS.map(([name, extent]) => exploreHeld({ scenario: { name }, extent }, explore)),
);
const differing = explored.filter(({ differs }) => differs !== undefined);
for (const { differs, report } of differing) console.log(`${differs}\n${explorationText(report)}`);
console.log(
	`${EXTENTS.length - differing.length} of ${EXTENTS.length} spaces hold as far as they were to be explored`,
);
process.exitCode = differing.length === 0 ? 0 : 1;
