// A real SQS server, where it is installed: moto's, which serves DynamoDB too.
import { programFile, startServer, type TestServer } from "./test-server.ts";

/** `MOTO_SERVER` names the program. */
export const motoProgram: string | undefined = process.env.MOTO_SERVER ?? programFile("moto_server");

/** Its queues and tables are in its memory. */
export function startMoto(): Promise<TestServer> {
	if (motoProgram === undefined) throw new Error("moto_server is neither on the PATH nor in MOTO_SERVER.");
	return startServer({
		name: "moto",
		program: motoProgram,
		parameters: ({ port }) => ["-H", "127.0.0.1", "-p", String(port)],
		isReady: async ({ port }) => (await fetch(`http://127.0.0.1:${port}/moto-api/data.json`)).text(),
	});
}
