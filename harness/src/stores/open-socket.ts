// Whether a web socket opens at a URL, and why not: iii-sdk keeps trying, and tells its caller nothing.
import { WebSocket } from "ws";

/** Opens a socket and closes it again. Rejects with the reason if it does not open within `limitMs`. */
export function openSocket(url: string, limitMs: number): Promise<void> {
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(url);
		// Whoever sends a byte now and then keeps the handshake's own timeout, which is one of silence, from its end.
		const limit = AbortSignal.timeout(limitMs);
		const giveUp = () => {
			reject(new Error(`no web socket opens within ${limitMs} ms`));
			socket.terminate();
		};
		limit.addEventListener("abort", giveUp, { once: true });
		// It has one more after its first, of being terminated.
		socket.on("error", (error) => {
			limit.removeEventListener("abort", giveUp);
			reject(error);
		});
		socket.once("open", () => {
			limit.removeEventListener("abort", giveUp);
			socket.terminate();
			resolve();
		});
	});
}
