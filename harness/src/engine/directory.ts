// What is there, for whoever asks: workers, functions, and what state and queues are configured to be.
import type { Clock } from "../lease/clock.ts";
import { EngineError } from "./errors.ts";
import type { Builtin, Input } from "./input.ts";
import type { Json } from "./json.ts";

export interface Directory {
	readonly builtins: Readonly<Record<string, Builtin>>;
	/** A worker has connected; the returned function tells that it is gone. */
	join(id: string): () => void;
}

interface Member {
	readonly connectedAtMs: number;
	/** What it told of itself: `engine::workers::register`. */
	told: ReadonlyMap<string, Json>;
}

export interface DirectoryPorts {
	readonly clock: Clock;
	/** The ids of the engine's own functions. */
	readonly builtins: ReadonlyMap<string, Builtin>;
	/** The owner's id of each worker's function. */
	readonly owners: () => ReadonlyMap<string, string>;
	/** What `configuration::get` answers, by id. */
	readonly configurations: Readonly<Record<string, Json>>;
	/** What the worker of the engine that serves state is of. */
	readonly version: string;
}

const TOLD_FIELDS = ["name", "description", "version", "runtime", "os", "isolation"] as const;

/** Which of iii's workers a function of the engine is of, by how its id begins. */
const OWN_WORKERS = [
	["state::", "iii-state"],
	["stream::", "iii-stream"],
	["engine::queue::", "iii-queue"],
	["iii::queue::", "iii-queue"],
	["configuration::", "configuration"],
	["engine::", "iii-engine-functions"],
] as const;

/** Not told, otherwise than by iii: schemas, triggers, the other workers of the engine itself. */
export function createDirectory(ports: DirectoryPorts): Directory {
	const { clock, builtins, owners, configurations, version } = ports;
	const startedAtMs = clock.wallMs();
	const members = new Map<string, Member>();
	/** The name that a worker has given itself, or its id. */
	const nameOf = (id: string) => {
		const name = members.get(id)?.told.get("name");
		return typeof name === "string" ? name : id;
	};

	const functions = () => [
		...[...builtins.keys()].map((id) => ({ function_id: id, worker_name: ownWorker(id) })),
		...[...owners()].map(([id, owner]) => ({ function_id: id, worker_name: nameOf(owner) })),
	];

	/** The one of the engine's own workers that says which version it is. */
	const stateWorker = () => ({
		...Object.fromEntries(TOLD_FIELDS.map((field) => [field, null])),
		id: "iii-state",
		name: "iii-state",
		version,
		status: "connected",
		function_count: [...builtins.keys()].filter((id) => id.startsWith("state::")).length,
		connected_at_ms: startedAtMs,
	});

	const workers = () => {
		const owned = [...owners().values()];
		const connected = [...members].map(([id, { connectedAtMs, told }]) => ({
			...Object.fromEntries(TOLD_FIELDS.map((field) => [field, told.get(field) ?? null])),
			id,
			status: "connected",
			function_count: owned.filter((owner) => owner === id).length,
			connected_at_ms: connectedAtMs,
		}));
		return [stateWorker(), ...connected];
	};

	return {
		join(id) {
			members.set(id, { connectedAtMs: clock.wallMs(), told: new Map() });
			return () => members.delete(id);
		},
		builtins: {
			"engine::workers::register": (input) => {
				const member = members.get(input.text("_caller_worker_id"));
				const told = TOLD_FIELDS.map((field) => [field, input.optional(field) ?? null] as const);
				if (member) member.told = new Map(told);
				return { success: true };
			},
			"engine::workers::list": () => ({ workers: workers() }),
			"engine::functions::list": (input) => {
				const wanted = functions()
					.filter(({ function_id }) => input.optional("include_internal") === true || isPublic(function_id))
					.filter(({ function_id }) => function_id.startsWith(optionalText(input, "prefix") ?? ""))
					.filter(({ worker_name }) => worker_name === (optionalText(input, "worker") ?? worker_name));
				return { functions: wanted.sort((a, b) => (a.function_id < b.function_id ? -1 : 1)) };
			},
			"engine::functions::info": (input) => {
				const id = input.text("function_id");
				const found = functions().find(({ function_id }) => function_id === id);
				if (found) return found;
				throw new EngineError("NOT_FOUND", `Function '${id}' is not registered.`, "engine::functions::info");
			},
			"configuration::get": (input) => {
				const id = input.text("id");
				if (Object.hasOwn(configurations, id)) return { id, value: configurations[id] };
				throw new EngineError("NOT_FOUND", `configuration '${id}' not found`, "configuration::get");
			},
		},
	};
}

function ownWorker(functionId: string): string {
	return OWN_WORKERS.find(([start]) => functionId.startsWith(start))?.[1] ?? "iii-engine-functions";
}

function isPublic(functionId: string): boolean {
	return !functionId.startsWith("engine::") || functionId.startsWith("engine::queue::");
}

function optionalText(input: Input, name: string): string | undefined {
	return (input.optional(name) ?? null) === null ? undefined : input.text(name);
}
