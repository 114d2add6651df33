// A real NATS server with JetStream.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { programFile, startServer, type TestServer } from "./test-server.ts";

/** `NATS_SERVER` names the program. */
export const natsProgram: string | undefined = process.env.NATS_SERVER ?? programFile("nats-server");

export interface NatsSettings {
	/** @default true */
	readonly jetstream?: boolean;
	/** What clients have to know. */
	readonly login?: { readonly user: string; readonly password: string };
	/** In place of a login. */
	readonly token?: string;
}

export function startNats({ jetstream = true, login, token }: NatsSettings = {}): Promise<TestServer> {
	if (natsProgram === undefined) throw new Error("nats-server is neither on the PATH nor in NATS_SERVER.");
	return startServer({
		name: "nats",
		program: natsProgram,
		prepare: async ({ port, folder }) => {
			const lines = [
				`listen: "127.0.0.1:${port}"`,
				...(jetstream ? [`jetstream { store_dir: "${folder}" }`] : []),
				...(login ? [`authorization { user: "${login.user}", password: "${login.password}" }`] : []),
				...(token ? [`authorization { token: "${token}" }`] : []),
			];
			await writeFile(join(folder, "nats.conf"), lines.join("\n"));
		},
		parameters: ({ folder }) => ["--config", join(folder, "nats.conf")],
	});
}
