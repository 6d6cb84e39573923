import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deploy } from "../../sdk/targets/deploy";
import { filesTarget } from "../../sdk/targets/files";
import { SshConnection } from "../../sdk/targets/hosts/sshConnection";
import { SshHost } from "../../sdk/targets/hosts/sshHost";
import { parseSsh } from "../../sdk/targets/hosts/sshSpec";
import type { Material } from "../../sdk/targets/target";
import { findProgram } from "../support/program";
import { needs } from "../support/requirements";
import { startSshServer, type SshServer } from "../support/sshServer";
import { pair } from "../support/targets/filesBench";
import { testMaterial } from "../support/targets/material";

const sshd = needs("sshd");

/** The same connection, which counts how often something was asked when no answer was under way. */
function counted(connection: SshConnection): { readonly connection: SshConnection; trips(): number } {
  let [pending, count] = [0, 0];
  const run: SshConnection["run"] = async (script) => {
    if (pending++ === 0) count++;
    try {
      return await connection.run(script);
    } finally {
      pending--;
    }
  };
  const proxy = new Proxy(connection, {
    get: (target, name) => (name === "run" ? run : (Reflect.get(target, name, target) as unknown)),
  });
  return {
    connection: proxy,
    trips: () => {
      const trips = count;
      count = 0;
      return trips;
    },
  };
}

sshd.describe("files over SSH: how often the host is asked and awaited", () => {
  let server: SshServer;
  let opened: SshConnection;
  let folder: string;
  beforeAll(async () => {
    server = await startSshServer(sshd.program);
    const { user, port, hostKey, privateKey } = server;
    const spec = parseSsh({ kind: "ssh", host: "127.0.0.1", user, port, hostKey, privateKey }, "host");
    opened = await SshConnection.open(spec, findProgram("ssh") ?? "ssh");
    folder = mkdtempSync(join(tmpdir(), "trips-"));
  });
  afterAll(async () => {
    await opened.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("the network's delay counts a few times for a rotation, and the fewer the less there is to do", async () => {
    const { connection, trips } = counted(opened);
    const host = new SshHost(connection);
    const args = {
      ...{ kind: "files", directory: join(folder, "tls"), files: pair },
      ...{ check: ["/bin/true"], reload: ["/bin/true"] },
    };
    const spec = filesTarget.parse(args, "target");
    const context = { host, instance: { id: "web-00000001", resource: "project/stack/web" } };
    const bring = async (material: Material): Promise<number> => {
      await deploy({ kind: filesTarget, spec, wanted: { material }, context });
      return trips();
    };
    await filesTarget.preflight(spec, { host, resource: "project/stack/web" });
    expect(trips()).toBeLessThanOrEqual(8);
    expect(await bring(await testMaterial())).toBeLessThanOrEqual(24);
    await bring(await testMaterial());
    const material = await testMaterial();
    expect(await bring(material)).toBeLessThanOrEqual(24);
    expect(await bring(material)).toBeLessThanOrEqual(14);
  });
});
