// The title of a step, made short: calls and messages carry JSON that is longer than a line.
import { cutMiddle, valueText } from "./answer-text.ts";
import { oneLine } from "./table.ts";

const JSON_MIN = 20;
/** What a request is about stands at its start. */
const END_SHARE = 1 / 4;

/** One line, its JSON as answers are shown. What is cut first is the middle of that: the words around it say what is done, and with whom. */
export function titleText(title: string, widthMax: number): string {
	const line = oneLine(title);
	const [json = ""] = /[{[].*[}\]]/.exec(line) ?? [];
	const room = Math.max(JSON_MIN, widthMax - (line.length - json.length));
	const short = cutMiddle(valueText(json, Number.POSITIVE_INFINITY), room, END_SHARE);
	return cutMiddle(json === "" ? line : line.replace(json, () => short), widthMax);
}
