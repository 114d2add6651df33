// URLs of servers of which there may be several: scheme://user:password@host:port,host:port/path
import { SessionLeaseError } from "../lease/errors.ts";
import { shownUrl } from "./opening.ts";

export interface Login {
	readonly user: string;
	/** `undefined`: not even a colon. */
	readonly password: string | undefined;
}

export interface ServerList {
	readonly scheme: string;
	/** Each with its port. */
	readonly hosts: readonly string[];
	/** `undefined`: the URL names none. */
	readonly login: Login | undefined;
	/** What follows the hosts, without the slash; empty if there is nothing. */
	readonly path: string;
}

/** What comes after the first slash holds no `@`: it would be the rest of a login that is not encoded. */
const SERVERS = /^([a-z]+):\/\/(?:([^/@]*)@)?([^/@?#]+)(?:\/([^@?#]*))?$/;
const HOST = /^(?:[\w.-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?$/;

export interface ServerListForm {
	readonly schemes: readonly string[];
	/** What is shown to whoever gives another form. */
	readonly example: string;
	/** Of hosts that name none. */
	readonly port: number;
}

/** @throws SessionLeaseError (`option_invalid`) that shows how such a URL looks */
export function parseServerList(url: string, { schemes, example, port }: ServerListForm): ServerList {
	const [, scheme = "", login, servers = "", path = ""] = SERVERS.exec(url) ?? [];
	const list = servers.split(",");
	if (schemes.includes(scheme) && list.every((host) => HOST.test(host))) {
		try {
			const hosts = list.map((host) => (HOST.exec(host)?.[1] === undefined ? `${host}:${port}` : host));
			return { scheme, hosts, login: login === undefined ? login : parseLogin(login), path };
		} catch {
			// Said below: what is written in percents is no text.
		}
	}
	const hint = url.includes("@")
		? ", with `/`, `?`, `#`, `@` and `%` of a login as `%2F`, `%3F` and so on"
		: "";
	const message = `Expected a URL as in \`${example}\`${hint}, got \`${shownUrl(url)}\`.`;
	throw new SessionLeaseError("option_invalid", message);
}

function parseLogin(login: string): Login {
	const [user = "", ...rest] = login.split(":");
	const password = rest.length === 0 ? undefined : decodeURIComponent(rest.join(":"));
	return { user: decodeURIComponent(user), password };
}
