// A small document server, as yours may be: texts under keys, each with a revision, written only over the revision that
// was named. GET /documents lists the keys. It answers 412 if the revision is another one by now, 413 if a text is too long,
// and 503 if it is too busy to have begun.
import { createServer } from "node:http";

const LONGEST_BYTES = 2_000_000;

/** Listens on a free loopback port; answers that port and how to end it. */
export async function startDocumentServer() {
	const documents = new Map();
	const server = createServer(async (request, response) => {
		const answer = (status, body) => response.writeHead(status).end(JSON.stringify(body));
		const [, , key] = request.url.split("/");
		if (key === undefined) return answer(200, [...documents.keys()]);
		const document = documents.get(key) ?? { revision: 0 };
		if (request.method === "GET") return answer(200, document);
		const chunks = [];
		for await (const chunk of request) chunks.push(chunk);
		const text = Buffer.concat(chunks).toString();
		if (text.length > LONGEST_BYTES) return answer(413, { error: "too long" });
		const current = documents.get(key)?.revision ?? 0;
		if (request.headers["if-match"] !== String(current)) return answer(412, { revision: current });
		documents.set(key, { text, revision: current + 1 });
		answer(200, { revision: current + 1 });
	});
	await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
	return {
		port: server.address().port,
		close() {
			server.closeAllConnections();
			return new Promise((closed) => server.close(closed));
		},
	};
}
