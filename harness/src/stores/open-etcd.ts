// An etcd opened by URL, over etcd3, which is loaded when it is first needed.
import type { Etcd3, IOptions } from "etcd3";
import { realClock } from "../system/real-time.ts";
import { etcdStore, neverSent } from "./etcd-store.ts";
import { loadPeer, OPEN_TIMEOUT_MS, type OpenStore, type OpenStoreOptions, reached } from "./opening.ts";
import { type Login, parseServerList } from "./server-list.ts";

type Policy = NonNullable<NonNullable<IOptions["faultHandling"]>["global"]>;

/**
 * Every call is sent once, and sent at once: leases repeat by themselves, and are told the truth about the one copy.
 * What found no connection was not sent: each time that it is called again, etcd3 takes the next of its hosts.
 */
function once({ hosts }: { readonly hosts: number }): Policy {
	return {
		onSuccess: () => ({ dispose: () => undefined }),
		onFailure: () => ({ dispose: () => undefined }),
		async execute<T>(call: (context: { readonly signal: AbortSignal }) => PromiseLike<T> | T): Promise<T> {
			for (let left = hosts; ; left--) {
				try {
					return await call({ signal: new AbortController().signal });
				} catch (error) {
					if (left <= 1 || !neverSent(error)) throw error;
				}
			}
		},
	} as unknown as Policy;
}

const CHANNEL = {
	/** By default it is 1 s, and up to 2 minutes: a lease does not wait for a connection. */
	"grpc.initial_reconnect_backoff_ms": 100,
	"grpc.max_reconnect_backoff_ms": 1_000,
	/** Finds out that a server is gone without a word. etcd takes offence at less than 5 s. */
	"grpc.keepalive_time_ms": 10_000,
	"grpc.keepalive_timeout_ms": 5_000,
	/** No limit of its own to answers: etcd has one to what it keeps. */
	"grpc.max_receive_message_length": -1,
};

/**
 * How long one member may take to answer a login: half of what a call has, so that another member can be asked within it.
 * By itself etcd3 awaits it for ever, over a connection that `close()` does not end.
 */
const LOGIN_MS_MAX = 1_000;

/**
 * `etcd://<host>:<port>/<prefix>`, with several members as in `etcd://etcd1:2379,etcd2:2379`, and with user and password
 * as in `etcd://user:password@etcd1:2379`; `etcds://` is the same over TLS. Without a port it is 2379. Keys begin with the
 * prefix and a slash; without one it is `session_lease`. Members that refuse connections are passed over, within the call;
 * those that take connections and say nothing, only by the login. A connection that is being made when the store is closed,
 * to a host that answers nothing at all, keeps a process until the kernel gives up, for up to about two minutes.
 * @throws SessionLeaseError (`option_invalid`): the URL, or the package is not installed
 * @throws TransientError (`store_unavailable`): nobody answers
 */
export async function openEtcd(url: string, options: OpenStoreOptions = {}): Promise<OpenStore> {
	const example = "etcd://127.0.0.1:2379/session_lease";
	const { scheme, hosts, login, path } = parseServerList(url, {
		schemes: ["etcd", "etcds"],
		example,
		port: 2379,
	});
	const { Etcd3 } = await loadPeer(() => import("etcd3"), "etcd3", "etcd");
	const protocol = scheme === "etcds" ? "https" : "http";
	const client: Etcd3 = new Etcd3({
		hosts: hosts.map((host) => `${protocol}://${host}`),
		...loginOptions(login),
		faultHandling: { global: once({ hosts: hosts.length }), host: () => once({ hosts: 1 }) },
		grpcOptions: CHANNEL,
	});
	const store = etcdStore(client, path === "" ? {} : { prefix: `${path}/` });
	const { timeoutMs = OPEN_TIMEOUT_MS } = options;
	return reached({ ...store, close: async () => client.close() }, { timeoutMs, url, what: "etcd" });
}

function loginOptions(login: Login | undefined): Pick<IOptions, "auth"> {
	if (login === undefined) return {};
	const callOptions = () => ({ deadline: realClock.wallMs() + LOGIN_MS_MAX });
	return { auth: { username: login.user, password: login.password ?? "", callOptions } };
}
