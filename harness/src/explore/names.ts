// Names that stand in the labels of decisions.

/** @throws TypeError if the name is taken, or none that can stand in a replay string. */
export function expectNewName(kind: "process" | "queue", name: string, isTaken: boolean): void {
	if (/^[A-Za-z][\w-]*$/.test(name) && !isTaken) return;
	const taken = isTaken ? ", which is taken" : "";
	throw new TypeError(`Expected a new ${kind} name of letters, digits, _ and -, got "${name}"${taken}.`);
}
