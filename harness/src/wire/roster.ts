// Who is connected: what iii needs to know of it since 0.23, to retire a lost connection and to keep names unique.
import { isObject, type Json } from "../engine/json.ts";

export interface Roster {
	/** Answers the token with which a later connection of the same worker can retire this one. */
	join(id: string, evict: () => void): string;
	leave(id: string): void;
	/** Ends a connection, if the token is its own: only that worker was ever told. */
	retire(id: string, token: string | undefined): void;
	/** Takes the name for a connection; answers the id of a live one that has it already. */
	claimName(id: string, name: string): string | undefined;
}

interface Member {
	readonly token: string;
	readonly evict: () => void;
	name: string | undefined;
}

export function createRoster(newId: () => string): Roster {
	const members = new Map<string, Member>();
	return {
		join(id, evict) {
			const token = newId();
			members.set(id, { token, evict, name: undefined });
			return token;
		},
		leave: (id) => members.delete(id),
		retire(id, token) {
			const member = members.get(id);
			if (member && member.token === token) member.evict();
		},
		claimName(id, name) {
			for (const [otherId, other] of members) if (otherId !== id && other.name === name) return otherId;
			const member = members.get(id);
			if (member) member.name = name;
			return undefined;
		},
	};
}

/** What a worker calls itself, `undefined` if it does not say. */
export function nameIn(data: Json): string | undefined {
	const name = isObject(data) ? data.name : undefined;
	return typeof name === "string" ? name : undefined;
}
