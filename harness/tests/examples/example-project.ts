// The example project as its users have it: in a folder of its own, with the built package installed in it.
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));
const LIMIT_MS = 60_000;

export interface Ended {
	readonly exitCode: number | null;
	/** Standard output and error, as they came. */
	readonly shown: string;
}

export interface Project extends AsyncDisposable {
	readonly path: string;
	/** Runs a line of shell in it; ended after a minute. */
	run(line: string): Promise<Ended>;
}

/** `npm test` has built the package. */
export async function installExample(name: string): Promise<Project> {
	const path = await mkdtemp(join(tmpdir(), "session-lease-example-"));
	await cp(join(PACKAGE, "examples", name), path, { recursive: true, filter: isOwn });
	const { dependencies } = JSON.parse(await readFile(join(PACKAGE, "package.json"), "utf8"));
	const installed = join(path, "node_modules");
	await mkdir(join(installed, ".bin"), { recursive: true });
	for (const dependency of [...Object.keys(dependencies), "vitest"]) {
		const link = join(installed, dependency);
		await mkdir(dirname(link), { recursive: true });
		await symlink(join(PACKAGE, "node_modules", dependency), link);
	}
	await symlink(join("..", "vitest", "vitest.mjs"), join(installed, ".bin", "vitest"));
	// A copy, as npm makes it: through a link the package would count as the project's own source.
	for (const part of ["dist", "package.json"]) {
		await cp(join(PACKAGE, part), join(installed, "session-lease", part), { recursive: true });
	}
	return {
		path,
		run: (line) => runShell(line, path),
		[Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
	};
}

const isOwn = (source: string): boolean => !/[\\/](node_modules|\.session-lease)$/.test(source);

function runShell(line: string, cwd: string): Promise<Ended> {
	const { PATH = "", HOME = "" } = process.env;
	// Its own environment: that of the tests around it says that they are under vitest.
	const env = { PATH, HOME, NO_COLOR: "1", npm_config_offline: "true" };
	return new Promise((resolve, reject) => {
		const child = spawn("sh", ["-c", line], { cwd, env, timeout: LIMIT_MS });
		let shown = "";
		for (const stream of [child.stdout, child.stderr]) {
			stream.on("data", (chunk) => {
				shown += chunk;
			});
		}
		child.once("error", reject);
		child.once("close", (exitCode) => resolve({ exitCode, shown }));
	});
}
