// A real Redis server, alone or as a node of a cluster.
import { createConnection } from "node:net";
import { programFile, type ServerSetup, startServer, type TestServer } from "./test-server.ts";

export const redisProgram: string | undefined = programFile("redis-server");

/** It writes every change to disk before it answers, so that `restart` finds all of them. */
export function startRedis(settings: readonly string[] = []): Promise<TestServer> {
	return startServer(redisSetup(settings));
}

export function redisSetup(settings: readonly string[]): ServerSetup {
	if (redisProgram === undefined) throw new Error("There is no redis-server on the PATH.");
	return {
		name: "redis",
		program: redisProgram,
		parameters: ({ port, folder }) => [
			...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder],
			...["--save", "", "--appendonly", "yes", "--appendfsync", "always"],
			...settings,
		],
		isReady: async (where) => {
			const [answer = ""] = await askRedis(where, [["PING"]]);
			if (!answer.startsWith("+PONG") && !answer.startsWith("-NOAUTH")) throw new Error(answer);
		},
	};
}

/** One connection, the commands one after the other: each answer as it is on the wire, its first line by default. */
export async function askRedis(
	{ port }: { readonly port: number },
	commands: readonly (readonly string[])[],
	{ line = 0 }: { readonly line?: number | "all" } = {},
): Promise<string[]> {
	const socket = createConnection(port, "127.0.0.1").setNoDelay(true);
	try {
		const answers: string[] = [];
		for (const command of commands) {
			const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
			socket.write(`*${command.length}\r\n${parts.join("")}`);
			const answer = await onePiece(socket);
			answers.push(line === "all" ? answer : (answer.split("\r\n")[line] ?? ""));
		}
		return answers;
	} finally {
		socket.destroy();
	}
}

/** Answers to short commands come in one piece. */
function onePiece(socket: ReturnType<typeof createConnection>): Promise<string> {
	return new Promise((resolve, reject) => {
		const end = () => reject(new Error("Redis has ended the connection."));
		socket.once("error", reject).once("close", end);
		socket.once("data", (bytes) => {
			socket.off("error", reject).off("close", end);
			resolve(bytes.toString());
		});
	});
}
