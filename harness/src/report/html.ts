// Text that is safe inside of HTML.
import { oneLine } from "./table.ts";

/** In an element. */
export function escapeHtml(text: string): string {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** In an element, without line ends and other control characters. */
export function lineHtml(text: string): string {
	return escapeHtml(oneLine(text));
}

/** In an attribute, between double quotes. */
export function attributeHtml(text: string): string {
	return lineHtml(text).replaceAll('"', "&quot;");
}
