// A report as JSON: the data as it is, its keys in a fixed order.

export function reportJson(report: object): string {
	return `${JSON.stringify(report, null, 2)}\n`;
}
