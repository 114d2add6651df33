// The store port on the document server: three functions, and what each failure says.
import { StoreAnswerError, TransientError } from "session-lease";
import { swapStore } from "session-lease/stores";

const TIMEOUT_MS = 2_000;

/** A store on the document server at `url`. */
export function documentStore(url) {
	return swapStore({
		async load(key) {
			const { text, revision } = await answerOf(await call(url, key));
			return { text, version: revision };
		},
		async swap(key, text, revision) {
			const response = await call(url, key, {
				method: "PUT",
				headers: { "if-match": String(revision) },
				body: text,
			});
			if (response.status === 412) return { conflict: true };
			return { version: (await answerOf(response)).revision };
		},
		async *keys() {
			for (const name of await answerOf(await call(url))) yield keyOf(name);
		},
	});
}

const nameOf = (key) => Buffer.from(key).toString("base64url");
const keyOf = (name) => Buffer.from(name, "base64url").toString();

async function call(url, key, request = {}) {
	const path = key === undefined ? "/documents" : `/documents/${nameOf(key)}`;
	try {
		return await fetch(url + path, { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) });
	} catch (error) {
		// Nobody listened, so nothing was sent. Whatever else went wrong, the request may have arrived.
		if (error.cause?.code === "ECONNREFUSED") throw unavailable("nobody listens", error);
		throw error;
	}
}

async function answerOf(response) {
	if (response.status === 200) return await response.json();
	if (response.status === 503) throw unavailable("the server is too busy");
	if (response.status === 413) throw new StoreAnswerError("The record is too long for the document server.");
	throw new Error(`The document server answered ${response.status}.`);
}

function unavailable(why, cause) {
	const message = `The document server did nothing: ${why}.`;
	return new TransientError(message, { code: "store_unavailable", cause });
}
