// The cases of one port, bound to a runner: each opens the port anew, and ends within a limit whatever the port does.
import type { AtomicStore } from "../lease/atomic-store.ts";
import { realWait } from "../system/real-time.ts";
import { within } from "../system/within.ts";
import { patient } from "./patient-client.ts";
import type { Capabilities, Client, OpenedPort, Port, TestRunner } from "./port.ts";

/** The port of one case. */
export interface World {
	/**
	 * A client with a connection of its own; the same one again, where the port has only one. It is patient: what the
	 * store has certainly not applied is sent again, since any store may be too busy now and then.
	 */
	connect(): Promise<AtomicStore>;
	/** One as the port made it, for cases that look at the very outcome of a call. */
	connectBare(): Promise<AtomicStore>;
	readonly opened: OpenedPort;
}

export interface Suite {
	readonly expect: TestRunner["expect"];
	readonly capabilities: Capabilities;
	/** How much of what is drawn or repeated is done: 1 for the short kit. */
	readonly scale: number;
	/** A case. What it is about goes into the title, as a promise. */
	promises(title: string, body: (world: World) => Promise<void>): void;
	/** A case only for ports that can do this; of all others, one that says that they cannot, and looks. */
	ifIt(
		capability: keyof Capabilities,
		title: string,
		cases: {
			readonly can: (world: World) => Promise<void>;
			readonly cannot: (world: World) => Promise<void>;
		},
	): void;
}

const CAPABILITIES: Capabilities = {
	lists: true,
	server: true,
	clients: true,
	keeps: true,
	refusesAsWhole: true,
	knowsForeign: true,
	recordBytesMax: undefined,
};

/** For each case, besides what opens and closes its port; with less there is no room for a takeover on a slow server. */
const CASE_MS_MAX = 30_000;
/** For the port to close behind a case that has failed. */
const CLOSE_MS_MAX = 5_000;

export function createSuite({ it, expect }: TestRunner, port: Port, scale: number): Suite {
	const capabilities = { ...CAPABILITIES, ...port.capabilities };
	const promises: Suite["promises"] = (title, body) => {
		it(title, () => runCase(port, capabilities, (world) => inTime(`"${title}"`, body(world))));
	};
	return {
		expect,
		capabilities,
		scale,
		promises,
		ifIt(capability, title, { can, cannot }) {
			if (capabilities[capability]) promises(title, can);
			else promises(`is declared not to be one that ${title}`, cannot);
		},
	};
}

async function inTime<T>(what: string, work: Promise<T>): Promise<T> {
	const ended = work.then(() => undefined);
	if (await within(realWait, CASE_MS_MAX, ended)) return work;
	throw new Error(`${what} has not ended after ${CASE_MS_MAX} ms: a call was never answered.`);
}

async function runCase(
	port: Port,
	{ clients }: Capabilities,
	body: (world: World) => Promise<void>,
): Promise<void> {
	const opened = await inTime("`open`", port.open());
	const connected: Client[] = [];
	const connectBare = async (): Promise<AtomicStore> => {
		const [only] = connected;
		if (only && !clients) return only;
		const client = await opened.connect();
		connected.push(client);
		return client;
	};
	const close = async () => {
		for (const client of connected) await client.close?.();
		await opened.close();
	};
	/** Also if one of them never closes. */
	const closeAll = async () => {
		const clients = connected.map(async (client) => client.close?.());
		const closed = Promise.allSettled([...clients, opened.close()]).then(() => undefined);
		await within(realWait, CLOSE_MS_MAX, closed);
	};
	try {
		await body({ connect: async () => patient(await connectBare()), connectBare, opened });
	} catch (error) {
		// What the case has found comes first. A port that answers nothing is closed as well: it would keep the runner.
		await closeAll();
		throw error;
	}
	await inTime("`close`", close());
}
