// A real etcd of one member.
import { freePort } from "../support/free-port.ts";
import { programFile, startServer, type TestServer } from "./test-server.ts";

/** `ETCD` names the program. */
export const etcdProgram: string | undefined = process.env.ETCD ?? programFile("etcd");

export interface EtcdSettings {
	/** How large its database may become. @default etcd's own, 2 GiB */
	readonly quotaBytes?: number;
	/** The password of its user `root`. @default none: it asks for no login */
	readonly rootPassword?: string;
}

export async function startEtcd({ quotaBytes, rootPassword }: EtcdSettings = {}): Promise<TestServer> {
	if (etcdProgram === undefined) throw new Error("etcd is neither on the PATH nor in ETCD.");
	const peer = `http://127.0.0.1:${await freePort()}`;
	const server = await startServer({
		name: "etcd",
		program: etcdProgram,
		parameters: ({ port, folder }) => [
			...["--name", "only", "--data-dir", `${folder}/data`, "--logger", "zap", "--log-level", "error"],
			...["--listen-client-urls", `http://127.0.0.1:${port}`],
			...["--advertise-client-urls", `http://127.0.0.1:${port}`],
			...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
			...["--initial-cluster", `only=${peer}`],
			...(quotaBytes === undefined ? [] : ["--quota-backend-bytes", String(quotaBytes)]),
		],
		isReady: async ({ port }) => {
			const response = await fetch(`http://127.0.0.1:${port}/health`);
			const { health } = (await response.json()) as { health?: unknown };
			if (health !== "true") throw new Error("It has no leader yet.");
		},
	});
	try {
		if (rootPassword !== undefined) await demandLogin(server, rootPassword);
		return server;
	} catch (error) {
		await server.stop();
		throw error;
	}
}

/** It demands one of everybody as soon as there is a `root` with the role `root`, and not before. */
async function demandLogin({ host, port }: TestServer, password: string): Promise<void> {
	const steps = [
		["user/add", { name: "root", password }],
		["role/add", { name: "root" }],
		["user/grant", { user: "root", role: "root" }],
		["enable", {}],
	] as const;
	for (const [step, body] of steps) {
		const request = { method: "POST", body: JSON.stringify(body) };
		const response = await fetch(`http://${host}:${port}/v3/auth/${step}`, request);
		if (!response.ok) throw new Error(`etcd refused ${step}: ${await response.text()}`);
	}
}
