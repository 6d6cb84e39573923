// Starts Pebble, the ACME server of Let's Encrypt for tests, and a DNS server for it to ask.
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { exec } from "../exec.mjs";
import { ensurePebble } from "../pebble.mjs";
import { startServer } from "./childServer.mjs";
import { freePorts } from "./freePorts.mjs";
import { openGate } from "./gate.mjs";

/** What Let's Encrypt offers: name, description and seconds. */
const profiles = {
  classic: { description: "90 days", validityPeriod: 90 * 86_400 },
  shortlived: { description: "160 hours", validityPeriod: 160 * 3_600 },
};

/**
 * A CA that validates for real, and is forgotten when it is stopped. It asks `dns` (host:port) where a name is, and
 * looks for http-01 there on `httpPort`. `externalAccounts` are the key ids and HMAC keys (base64url) of its customers;
 * without them everybody may have an account.
 */
export async function startPebble(folder, { dns, httpPort, offers = ["classic"], externalAccounts, isLimited }) {
  const { pebble } = await ensurePebble();
  const [ownPort, managementPort] = await freePorts(2);
  const cwd = mkdtempSync(join(folder, "pebble-"));
  await certifyEndpoint(cwd);
  const configuration = {
    listenAddress: `127.0.0.1:${ownPort}`,
    managementListenAddress: `127.0.0.1:${managementPort}`,
    certificate: "endpoint.pem",
    privateKey: "endpoint.key",
    httpPort,
    tlsPort: httpPort,
    profiles: Object.fromEntries(offers.map((name) => [name, profiles[name]])),
    retryAfter: { authz: 1, order: 1 },
    externalAccountBindingRequired: externalAccounts !== undefined,
    externalAccountMACKeys: externalAccounts ?? {},
    keyAlgorithm: "ecdsa",
  };
  writeFileSync(join(cwd, "config.json"), JSON.stringify({ pebble: configuration }));
  const args = ["-config", "config.json", "-dnsserver", dns];
  const env = { PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0", PEBBLE_AUTHZREUSE: "0" };
  const server = await startServer(pebble, args, { cwd, env, ports: [ownPort, managementPort] });
  const [cert, key] = ["endpoint.pem", "endpoint.key"].map((file) => readFileSync(join(cwd, file), "utf8"));
  const gate = isLimited ? await openGate(ownPort, { cert, key }) : undefined;
  return {
    /** As the program takes it. */
    ca: { directory: `https://127.0.0.1:${gate?.port ?? ownPort}/dir`, caBundlePem: cert },
    /** How many orders were placed. */
    orders: () => server.output().match(/Added order "/g)?.length ?? 0,
    /** From now on it asks for renewal of these certificates at once (RFC 9773), and says why. */
    async askForRenewal(certificates, explanationURL) {
      const [start, end] = [-3, -1].map((hours) => new Date(Date.now() + hours * 3_600_000).toISOString());
      const ariResponse = JSON.stringify({ suggestedWindow: { start, end }, explanationURL });
      for (const certificate of certificates)
        await post(`https://127.0.0.1:${managementPort}/set-renewal-info/`, { certificate, ariResponse }, cert);
    },
    /** From now on its limit is reached, or no more; for a CA that `isLimited`. */
    limit: gate?.limit,
    async stop() {
      await Promise.all([gate?.stop(), server.stop()]);
    },
  };
}

/** `fetch` takes no root for one request. */
async function post(url, json, ca) {
  const send = url.startsWith("https:") ? httpsRequest : httpRequest;
  const headers = { "user-agent": "acme-examples", "content-type": "application/json" };
  const outgoing = send(url, { method: "POST", headers, agent: false, timeout: 20_000, ...(ca && { ca }) });
  outgoing.on("timeout", () => outgoing.destroy(new Error("no answer within 20 s")));
  outgoing.end(JSON.stringify(json));
  const [answer] = await once(outgoing, "response");
  let body = "";
  for await (const text of answer.setEncoding("utf8")) body += text;
  if (answer.statusCode !== 200) throw new Error(`${url} refused (${answer.statusCode}): ${body}`);
}

/** Its endpoints speak HTTPS, with a certificate that nobody knows: programs get it as `caBundlePem`. */
async function certifyEndpoint(cwd) {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "endpoint.key"];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  await exec("openssl", ["req", "-x509", ...key, ...names, "-days", "2", "-out", "endpoint.pem"], { cwd });
}

/** A DNS server for which every name has the address 127.0.0.1 until it is told otherwise. */
export async function startDns() {
  const { challtestsrv } = await ensurePebble();
  const [port, managementPort] = await freePorts(2);
  const at = (where) => `127.0.0.1:${where}`;
  const off = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-defaultIPv6", ""];
  const args = ["-dnsserver", at(port), "-management", at(managementPort), ...off];
  const server = await startServer(challtestsrv, args, { env: {}, ports: [port, managementPort] });
  const tell = (what, json) => post(`http://${at(managementPort)}/${what}`, json);
  return {
    address: at(port),
    /** From now on the name has this address. */
    point: (name, address) => tell("add-a", { host: `${name}.`, addresses: [address] }),
    /** From now on the name has the address 127.0.0.1 again. */
    putRight: (name) => tell("clear-a", { host: `${name}.` }),
    stop: server.stop,
  };
}
