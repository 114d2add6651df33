// A job's report as JSON: the data as it is, its keys in a fixed order.
import type { JobReport } from "../job/job-report.ts";

export function reportJson(report: JobReport): string {
	return `${JSON.stringify(report, null, 2)}\n`;
}
