// Whether a web socket opens at a URL, and why not: iii-sdk keeps trying, and tells its caller nothing.
import { WebSocket } from "ws";

/** Opens a socket and closes it again. Rejects with the reason if it does not open within `limitMs`. */
export function openSocket(url: string, limitMs: number): Promise<void> {
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(url, { handshakeTimeout: limitMs });
		socket.once("error", reject);
		socket.once("open", () => {
			socket.terminate();
			resolve();
		});
	});
}
