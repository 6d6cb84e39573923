import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { obtainCertificate } from "../../../sdk/acme/order";
import { exec } from "../../../sdk/solvers/exec";
import { persistentRecord } from "../../../sdk/solvers/persistentRecord";
import { persistentValue } from "../../../sdk/solvers/persistentValue";
import { prover } from "../../../sdk/solvers/prove";
import { parseSolvers } from "../../../sdk/solvers/select";
import { standalone } from "../../../sdk/solvers/standalone";
import { webroot } from "../../../sdk/solvers/webroot";
import { registeredClient, requestFor } from "../../support/acmeOrders";
import { type Pebble, startPebble } from "../../support/pebble";
import { needs } from "../../support/requirements";
import { RunningServers } from "../../support/runningServers";
import { listens } from "../../support/solvers/standaloneHttp01";
import { startStaticServer } from "../../support/solvers/staticServer";

/** Pebble validates for real: it looks for every answer itself. */
needs("pebble").describe("solvers and Pebble", () => {
  const servers = new RunningServers();
  let pebble: Pebble;
  beforeAll(async () => {
    pebble = await servers.add(startPebble({ answersChallenges: false }));
  });

  const context = { signal: new AbortController().signal, report: () => undefined };
  const obtain = async (solvers: unknown, ...names: string[]): Promise<string | undefined> => {
    const client = await registeredClient(pebble);
    const prove = prover(parseSolvers(solvers, "solvers"), context);
    const hooks = { placed: () => undefined, prove };
    const { certificatePem, warnings } = await obtainCertificate(client, await requestFor(...names), hooks);
    expect(warnings).toEqual([]);
    return new X509Certificate(certificatePem).subjectAltName;
  };

  test("http-01 by an own listener, for names and an address", async () => {
    const solvers = [{ http01: standalone({ port: pebble.httpPort, address: "127.0.0.1" }) }];
    const names = await obtain(solvers, "a.example.com", "b.example.com", "127.0.0.1");
    expect(names).toBe("DNS:a.example.com, DNS:b.example.com, IP Address:127.0.0.1");
    expect(await listens(pebble.httpPort)).toBe(false);
  });

  test("tls-alpn-01 by an own listener, for names and an address", async () => {
    const solvers = [{ tlsAlpn01: standalone({ port: pebble.tlsPort, address: "127.0.0.1" }) }];
    const names = await obtain(solvers, "a.example.com", "b.example.com", "127.0.0.1");
    expect(names).toBe("DNS:a.example.com, DNS:b.example.com, IP Address:127.0.0.1");
    expect(await listens(pebble.tlsPort)).toBe(false);
  });

  test("three certificates for one name at once, by tls-alpn-01", async () => {
    const solvers = [{ tlsAlpn01: standalone({ port: pebble.tlsPort, address: "127.0.0.1" }) }];
    const all = await Promise.all([1, 2, 3].map(() => obtain(solvers, "same.example.com")));
    expect(all).toEqual(Array(3).fill("DNS:same.example.com"));
  });

  test("http-01 by files of a running web server", async () => {
    const path = mkdtempSync(join(tmpdir(), "webroot-"));
    const server = await startStaticServer(path, pebble.httpPort);
    try {
      expect(await obtain([{ http01: webroot({ path }) }], "web.example.com")).toBe("DNS:web.example.com");
      expect(readdirSync(path)).toEqual([]);
    } finally {
      await server.close();
      rmSync(path, { recursive: true });
    }
  });

  test("a wildcard by dns-01, its zone's solver before the one for everything else", async () => {
    const folder = mkdtempSync(join(tmpdir(), "exec-"));
    const script = join(folder, "update-dns.sh");
    const { dns } = pebble.challtest;
    const text = `#!${process.execPath}
const [action, host, value] = process.argv.slice(2);
const path = action === "present" ? "set-txt" : "clear-txt";
fetch(process.env.MANAGEMENT + "/" + path, { method: "POST", body: JSON.stringify({ host, value }) }).then((answer) => {
  process.exitCode = answer.ok ? 0 : 1;
});
`;
    writeFileSync(script, text, { mode: 0o755 });
    try {
      const environment = { MANAGEMENT: pebble.challtest.managementUrl };
      const dnsArgs = { resolvers: [dns], checkPropagation: false };
      const solvers = [
        { http01: standalone({ port: pebble.httpPort, address: "127.0.0.1" }) },
        { dnsZones: ["example.org"], dns01: exec({ style: "lego", command: [script], environment, ...dnsArgs }) },
      ];
      const names = await obtain(solvers, "*.example.org", "web.example.com");
      expect(names).toBe("DNS:*.example.org, DNS:web.example.com");
      expect(await pebble.challtest.txt("_acme-challenge.example.org")).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a wildcard by a record that stays", async () => {
    const client = await registeredClient(pebble);
    const { url: accountUrl } = await client.readAccount();
    const solvers = parseSolvers(
      [{ dnsPersist01: persistentRecord({ resolvers: [pebble.challtest.dns], checkPropagation: false }) }],
      "solvers",
    );
    const prove = prover(solvers, context);
    const hooks = {
      placed: () => undefined,
      prove: async (offered: Parameters<typeof prove>[0]) => {
        const proof = await prove(offered);
        expect(proof.challenge).toMatchObject({ type: "dns-persist-01", accountUrl, wildcard: true });
        await pebble.challtest.setTxt("_validation-persist.example.net", persistentValue(proof.challenge));
        return proof;
      },
    };
    const { certificatePem } = await obtainCertificate(client, await requestFor("*.example.net"), hooks);
    expect(new X509Certificate(certificatePem).subjectAltName).toBe("DNS:*.example.net");
  });
});
