// A real PostgreSQL server, of whatever version is installed. It refuses to run as root, and leaves shared memory if killed.
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { chown, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { programFile, startServer, type TestServer } from "./test-server.ts";

const run = promisify(execFile);

/** Where distributions put versions side by side, the newest first. */
function versionFolders(): string[] {
	try {
		const versions = readdirSync("/usr/lib/postgresql").sort((a, b) => Number(b) - Number(a));
		return versions.map((version) => join("/usr/lib/postgresql", version, "bin"));
	} catch {
		return [];
	}
}

/** `initdb`, beside which the other programs of the same version are. */
const initdb = programFile("initdb", versionFolders());

export const postgresProgram: string | undefined =
	initdb === undefined ? undefined : programFile("postgres", [dirname(initdb)]);

/** `kill` ends the server's processes all at once, as a crash of the machine would. */
export async function startPostgres(): Promise<TestServer> {
	if (initdb === undefined) throw new Error("initdb is neither on the PATH nor in /usr/lib/postgresql.");
	const programs = dirname(initdb);
	const user = await userToRunAs();
	const server = await startServer({
		name: "postgres",
		program: join(programs, "postgres"),
		...user,
		async prepare({ folder }) {
			if (user) await chown(folder, user.uid, user.gid);
			const options = ["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"];
			await run(join(programs, "initdb"), [...options, "--pgdata", join(folder, "data")], {
				cwd: folder,
				...user,
			});
		},
		parameters: ({ folder, port }) => [
			...["-D", join(folder, "data"), "-k", folder, "-h", "127.0.0.1", "-p", String(port)],
		],
		isReady: ({ port }) => askOnce({ host: "127.0.0.1", port }, "select 1"),
	});
	const data = join(server.folder, "data");
	return {
		...server,
		async kill() {
			const processes = await processesOf(data);
			await server.kill();
			for (const id of processes) end(id);
			await untilGone(processes);
		},
		async stop() {
			// Fails if it was killed. Else it takes its shared memory with it.
			const parameters = ["stop", "--pgdata", data, "--mode=immediate"];
			await run(join(programs, "pg_ctl"), parameters, { cwd: server.folder, ...user }).catch(() => undefined);
			await server.stop();
		},
	};
}

export function urlOf(
	{ host, port }: { readonly host: string; readonly port: number },
	user: string = "postgres",
): string {
	return `postgres://${user}@${host}:${port}/postgres`;
}

/** One statement on a connection of its own. */
export async function askOnce(
	server: { readonly host: string; readonly port: number },
	text: string,
	values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
	const client = new pg.Client({ connectionString: urlOf(server) });
	await client.connect();
	try {
		return (await client.query(text, values)).rows;
	} finally {
		await client.end();
	}
}

async function userToRunAs(): Promise<{ uid: number; gid: number } | undefined> {
	if (process.getuid?.() !== 0) return undefined;
	const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
	const line = ["postgres", "nobody"].map((user) => lines.find(([name]) => name === user)).find(Boolean);
	if (!line) throw new Error("PostgreSQL does not run as root, and there is no user postgres or nobody.");
	return { uid: Number(line[2]), gid: Number(line[3]) };
}

/** The server's first process has its id in a file; the others are that one's children. */
async function processesOf(data: string): Promise<number[]> {
	const [first = ""] = (await readFile(join(data, "postmaster.pid"), "utf8")).split("\n");
	const { stdout } = await run("ps", ["-A", "-o", "pid=,ppid="]);
	const pairs = stdout.split("\n").map((line) => line.trim().split(/\s+/));
	return pairs.filter(([, parent]) => parent === first).map(([id]) => Number(id));
}

function end(id: number): void {
	try {
		process.kill(id, "SIGKILL");
	} catch {
		// It was gone already.
	}
}

/** One that is left would keep the next server out. */
async function untilGone(ids: readonly number[]): Promise<void> {
	const isThere = (id: number) => {
		try {
			return process.kill(id, 0);
		} catch {
			return false;
		}
	};
	for (let attempt = 1; ids.some(isThere); attempt++) {
		if (attempt === 200) throw new Error("Processes of a killed server are still there after 4 s.");
		await pause(20);
	}
}
