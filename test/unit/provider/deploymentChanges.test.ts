import { join } from "node:path";
import { unknown } from "../../../sdk/provider/unknown";
import {
  type Properties,
  args,
  base,
  check,
  create,
  directory,
  fresh,
  old,
  provider,
  target,
  update,
  useDeployments,
} from "../../support/deployments";
import { writeFileSync } from "node:fs";

useDeployments();

const reload = ["/bin/sh", "-c", "exit 0"];
const given = (more: Properties = {}): Properties => args(old, { target: target({ reload }), ...more });
const unknownCertificate = { fingerprintSha256: unknown, chainSha256: unknown, dnsNames: unknown };
const reloads = "reloads with /bin/sh -c 'exit 0'";

const host = (number: number): Properties => ({
  ...{ kind: "ssh", host: `edge-${number}`, user: "deploy", hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA1" },
});
const waves = [[host(1)], [host(2), host(3)]];

/** What a check says of a deployment that was made with the first arguments. */
async function changes(before: Properties, after: Properties): Promise<unknown> {
  return (await check(after, await check(before))).changes;
}

describe("the input `changes`", () => {
  test("says what a new certificate does, before and after it is known", async () => {
    const line = `CertificateChanged: ${directory} on this machine; ${reloads}`;
    const certificate = unknownCertificate;
    expect(await changes(given(), given({ certificate, credentials: unknown }))).toEqual([line]);
    expect(await changes(given(), { ...given(), ...args(fresh), target: target({ reload }) })).toEqual([line]);
  });

  test("is absent for the first deployment, while nothing is due, and once it is done", async () => {
    expect(await check(given())).not.toHaveProperty("changes");
    expect(await changes(given(), given({ timeout: "1m", concurrency: 3 }))).toBeUndefined();
    const first = await create(given());
    const other = given({ owner: { team: "payments" } });
    const second = await update(first, other);
    expect(second.news.changes).toEqual([`OwnerChanged: ${directory} on this machine; nothing is reloaded`]);
    expect(second.outs).not.toHaveProperty("changes");
    expect(await check(other, second.news)).not.toHaveProperty("changes");
    expect((await provider.diff(second.id, second.outs, await check(other, second.news))).changes).toBe(false);
  });

  test("names the hosts wave by wave", async () => {
    const certificate = unknownCertificate;
    expect(await changes(given({ waves }), given({ waves, certificate, credentials: unknown }))).toEqual([
      `CertificateChanged: deploy@edge-1, then deploy@edge-2 and deploy@edge-3; each ${reloads}`,
    ]);
  });

  test("names only hosts that are new, and those on which the deployment ends", async () => {
    const others = [[host(1)], [host(2), host(4)]];
    expect(await changes(given({ waves }), given({ waves: others }))).toEqual([
      `HostsChanged: deploy@edge-4; ${reloads}; ends at deploy@edge-3`,
    ]);
    expect(await changes(given({ waves }), given({ waves: [[host(2)], [host(1), host(3)]] }))).toEqual([
      "HostsChanged: no host is deployed to",
    ]);
  });

  test("names only hosts that were changed by hand", async () => {
    const before = await check(given({ waves }));
    const drift = ["deploy@edge-2: /etc/tls/privkey.pem has another content."];
    expect((await check(given({ waves }), { ...before, drift })).changes).toEqual([
      `Drifted: deploy@edge-2; ${reloads}`,
    ]);
  });

  test("says what another place, other endpoints, and going back mean", async () => {
    const elsewhere = target({ reload, directory: join(base, "elsewhere") });
    const endpoints = [{ address: "10.0.0.7" }];
    expect(await changes(given(), given({ target: elsewhere, endpoints }))).toEqual([
      `TargetChanged, EndpointsChanged: ${base}/elsewhere on this machine; ${reloads} where its files change; ends at ${directory}`,
    ]);
    expect(await changes(given(), given({ endpoints }))).toEqual([
      `EndpointsChanged: ${directory} on this machine; nothing is reloaded`,
    ]);
    expect(await changes(given(), given({ revision: "previous" }))).toEqual([
      `RevisionChanged: ${directory} on this machine; ${reloads}`,
    ]);
  });

  test("is left open where the program does not know yet what it asks for", async () => {
    expect(await changes(given(), given({ endpoints: [{ address: unknown }] }))).toBe(unknown);
  });

  test("names the directory whose files were changed by hand on this machine", async () => {
    const { id, outs } = await create(given());
    writeFileSync(join(directory, "privkey.pem"), "x");
    const { inputs } = (await provider.read(id, outs)) as { inputs: Properties };
    expect((await check(given(), inputs)).changes).toEqual([`Drifted: ${directory} on this machine; ${reloads}`]);
  });
});
