// etcd that demands a login: what is said of a wrong one, and what becomes of one that a member does not answer.
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { FieldOp } from "../../src/lease/atomic-store.ts";
import { openEtcd } from "../../src/stores/open-etcd.ts";
import { startSilentServer } from "../support/silent-server.ts";
import { etcdProgram, startEtcd } from "./etcd-server.ts";
import { notTested, type TestServer } from "./test-server.ts";
import { expectProcessEnds } from "./unopened.ts";

const COUNT: readonly FieldOp[] = [{ op: "increment", field: "n", by: 1 }];

if (etcdProgram === undefined)
	notTested("logins of etcd", "there is no `etcd` on the PATH, and none in ETCD");

async function silentMember(): Promise<string> {
	const silent = await startSilentServer();
	onTestFinished(() => silent.close());
	return `127.0.0.1:${silent.port}`;
}

describe("a login that no member of etcd answers", () => {
	it("keeps no process that has given up", async () => {
		await expectProcessEnds(`etcd://root:secret@${await silentMember()}`);
	});
});

describe.skipIf(etcdProgram === undefined)("etcd that demands a login", () => {
	let server: TestServer;
	let place: string;
	beforeAll(async () => {
		server = await startEtcd({ rootPassword: "secret" });
		place = `${server.host}:${server.port}`;
	});
	afterAll(() => server?.stop());

	it("tells none and a wrong one, and shows no password", async () => {
		const refusals = { "": /user name is empty/, "root:wrong@": /invalid user ID or password/ };
		for (const [login, why] of Object.entries(refusals)) {
			await expect(openEtcd(`etcd://${login}${place}`)).rejects.toMatchObject({
				code: "store_unavailable",
				message: expect.stringMatching(new RegExp(`cannot be used: (?!.*wrong).*${why.source}`)),
			});
		}
	});

	it("takes it from the second of two members when the first one says nothing", async () => {
		// Calls go to the last member first: the other one would not answer them either.
		vi.spyOn(Math, "random").mockReturnValue(0.9);
		const store = await openEtcd(`etcd://root:secret@${await silentMember()},${place}/login`);
		onTestFinished(() => store.close());
		expect([await store.update("k", COUNT), await store.read("k")]).toEqual([{}, { n: 1 }]);
	});
});
