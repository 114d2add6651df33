// URLs of several servers, as they are taken apart.
import { expect, it } from "vitest";
import { parseServerList } from "../../src/stores/server-list.ts";

const FORM = { schemes: ["etcd"], example: "etcd://h:1", port: 2379 };

it.each([
	["etcd://a", ["a:2379"], undefined, ""],
	["etcd://a:1,b,[::1],[::1]:2/x/y", ["a:1", "b:2379", "[::1]:2379", "[::1]:2"], undefined, "x/y"],
	["etcd://u%40:p%2F@a/", ["a:2379"], { user: "u@", password: "p/" }, ""],
	["etcd://token@a", ["a:2379"], { user: "token", password: undefined }, ""],
	["etcd://u:@a", ["a:2379"], { user: "u", password: "" }, ""],
])("takes %s apart", (url, hosts, login, path) => {
	expect(parseServerList(url, FORM)).toEqual({ scheme: "etcd", hosts, login, path });
});

it.each(["etcd://", "etcd://a:", "etcd://a,,b", "etcd://a:x", "nats://a", "etcd://u:%zz@a", "etcd:a"])(
	"refuses %s",
	(url) => {
		expect(() => parseServerList(url, FORM)).toThrow("Expected a URL as in `etcd://h:1`");
	},
);
