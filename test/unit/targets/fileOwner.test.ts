import { parseOwner, resolveOwner } from "../../../sdk/targets/fileOwner";
import type { Host } from "../../../sdk/targets/hosts/host";

const accounts = (uid: number, groups: number[] = []): Host =>
  ({
    name: "edge-1",
    identity: () => Promise.resolve({ uid, gid: uid, groups }),
    lookupUser: (name: string) => Promise.resolve(name === "www-data" ? { uid: 33, gid: 34 } : undefined),
    lookupGroup: (name: string) => Promise.resolve(name === "ssl-cert" ? 110 : undefined),
  }) as Partial<Host> as Host;

const resolve = (owner: string | undefined, host: Host) => resolveOwner(host, parseOwner(owner, "owner"), "owner");

describe("the owner of files", () => {
  test.each([
    [undefined, undefined],
    ["www-data", { uid: 33, gid: 34 }],
    ["www-data:ssl-cert", { uid: 33, gid: 110 }],
    [":ssl-cert", { uid: 0, gid: 110 }],
    ["33", { uid: 33, gid: 0 }],
    ["33:110", { uid: 33, gid: 110 }],
  ])("%s", async (owner, expected) => {
    expect(await resolve(owner, accounts(0))).toEqual(expected);
  });

  test("others than root can keep their files and give them to their groups", async () => {
    expect(await resolve("1000", accounts(1000))).toEqual({ uid: 1000, gid: 1000 });
    expect(await resolve(":ssl-cert", accounts(1000, [110]))).toEqual({ uid: 1000, gid: 110 });
  });

  test.each([
    ["www-data", "only root can give files to www-data on edge-1."],
    [":ssl-cert", "the user that deploys is not in the group ssl-cert."],
    ["nobody-here", 'there is no user "nobody-here" on edge-1.'],
    [":nobody-here", 'there is no group "nobody-here" on edge-1.'],
  ])("refuses %s to others than root", async (owner, message) => {
    await expect(resolve(owner, accounts(1000))).rejects.toThrow(message);
  });
});
