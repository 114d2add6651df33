// Columns of text, each as wide as its widest cell, cut to a width that fits a terminal.

export interface Column {
	readonly title: string;
	/** @default "left" */
	readonly align?: "left" | "right";
	/** Longer cells are cut, with an ellipsis. @default not cut */
	readonly widthMax?: number;
}

const GAP = "  ";

/** Lines without an end of line; the last column is cut where the line would be wider than `widthMax`. */
export function tableLines(
	columns: readonly Column[],
	rows: readonly (readonly string[])[],
	widthMax: number,
): string[] {
	const cells = [columns.map(({ title }) => title), ...rows].map((row) =>
		row.map((cell, index) => cut(oneLine(cell), columns[index]?.widthMax ?? widthMax)),
	);
	const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)));
	return cells.map((row) => {
		const line = row.map((cell, index) => {
			const width = widths[index] ?? 0;
			return columns[index]?.align === "right" ? cell.padStart(width) : cell.padEnd(width);
		});
		return cut(line.join(GAP).trimEnd(), widthMax);
	});
}

export function cut(text: string, widthMax: number): string {
	return text.length <= widthMax ? text : `${text.slice(0, widthMax - 1)}…`;
}

/** Control characters would break the table, or the terminal. */
export function oneLine(text: string): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be replaced
	return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
}
