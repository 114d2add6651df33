// A server that takes connections and never says a word.
import { createServer } from "node:net";
import { type Listening, listen } from "./listen.ts";

/** It reads all the same, or it would not see the end of a connection. */
export const startSilentServer = (port?: number): Promise<Listening> =>
	listen(
		createServer((socket) => void socket.resume()),
		port,
	);
