import { Resolver } from "node:dns/promises";
import { type ChildServer, listening, startChild } from "./childServer";
import { freePorts } from "./freePorts";
import { plainRequest } from "./plainRequest";

/** What Pebble asked: a DNS question, an HTTP request or a TLS handshake. */
export interface ChallengeHistory {
  dns(host: string): Promise<{ Question: { Name: string; Qtype: number; Qclass: number } }[]>;
  http(host: string): Promise<{ URL: string; Host: string; HTTPS: boolean; ServerName: string }[]>;
  tlsAlpn(host: string): Promise<{ ServerName: string; SupportedProtos: string[] }[]>;
  /** Forgets what was asked about this host. */
  clear(host: string): Promise<void>;
}

/**
 * The DNS server that Pebble asks, with servers for http-01 and tls-alpn-01. Names without a record of their own have
 * the address 127.0.0.1.
 */
export interface Challtestsrv {
  /** host:port of its DNS server, UDP and TCP. */
  readonly dns: string;
  /** Where records are set by plain HTTP. */
  readonly managementUrl: string;
  /** Adds a TXT record beside those that the name has. */
  setTxt(name: string, value: string): Promise<void>;
  /** Removes all TXT records of the name. */
  clearTxt(name: string): Promise<void>;
  /** The TXT records as DNS tells them, CNAME records followed. */
  txt(name: string): Promise<string[]>;
  setCname(name: string, target: string): Promise<void>;
  clearCname(name: string): Promise<void>;
  /** Every question about this name fails from now on. */
  setServfail(name: string): Promise<void>;
  clearServfail(name: string): Promise<void>;
  addA(name: string, addresses: string[]): Promise<void>;
  clearA(name: string): Promise<void>;
  addAaaa(name: string, addresses: string[]): Promise<void>;
  addCaa(name: string, policies: { tag: string; value: string }[]): Promise<void>;
  clearCaa(name: string): Promise<void>;
  addHttp01(token: string, keyAuthorization: string): Promise<void>;
  delHttp01(token: string): Promise<void>;
  addRedirect(path: string, targetUrl: string): Promise<void>;
  addTlsAlpn01(host: string, keyAuthorization: string): Promise<void>;
  delTlsAlpn01(host: string): Promise<void>;
  readonly history: ChallengeHistory;
  stop(): Promise<void>;
}

/** `answersOn`: the ports on which it proves http-01 and tls-alpn-01; without, it does not. */
export async function startChalltestsrv(
  program: string,
  answersOn?: { readonly httpPort: number; readonly tlsPort: number },
): Promise<Challtestsrv> {
  const [dnsPort = 0, managementPort = 0] = await freePorts(2);
  const on = (port: number | undefined): string => (port === undefined ? "" : `127.0.0.1:${port}`);
  const args = ["-dnsserver", on(dnsPort), "-management", on(managementPort), "-defaultIPv6", ""];
  args.push("-http01", on(answersOn?.httpPort), "-tlsalpn01", on(answersOn?.tlsPort), "-https01", "", "-doh", "");
  const server = startChild(program, args, { env: {} });
  try {
    const ports = [dnsPort, managementPort, ...(answersOn ? [answersOn.httpPort, answersOn.tlsPort] : [])];
    for (const port of ports) await listening(server, port);
  } catch (error) {
    await server.stop("SIGKILL");
    throw error;
  }
  return challtestsrvAt(server, on(dnsPort), `http://${on(managementPort)}`);
}

function challtestsrvAt(server: ChildServer, dns: string, managementUrl: string): Challtestsrv {
  const ask = async <T>(path: string, json: unknown): Promise<T> => {
    const { status, body } = await plainRequest(`${managementUrl}/${path}`, { json });
    if (status !== 200) throw new Error(`challtestsrv refused ${path} (${status}): ${body}`);
    return (body === "" ? undefined : (JSON.parse(body) as unknown)) as T;
  };
  const tell = (path: string, json: unknown): Promise<void> => ask(path, json);
  const history = <T>(type: string, host: string): Promise<T[]> => ask(`${type}-request-history`, { host });
  return {
    dns,
    managementUrl,
    setTxt: (name, value) => tell("set-txt", { host: absolute(name), value }),
    clearTxt: (name) => tell("clear-txt", { host: absolute(name) }),
    txt: (name) => txtRecords(dns, name),
    setCname: (name, target) => tell("set-cname", { host: absolute(name), target: absolute(target) }),
    clearCname: (name) => tell("clear-cname", { host: absolute(name) }),
    setServfail: (name) => tell("set-servfail", { host: absolute(name) }),
    clearServfail: (name) => tell("clear-servfail", { host: absolute(name) }),
    addA: (name, addresses) => tell("add-a", { host: absolute(name), addresses }),
    clearA: (name) => tell("clear-a", { host: absolute(name) }),
    addAaaa: (name, addresses) => tell("add-aaaa", { host: absolute(name), addresses }),
    addCaa: (name, policies) => tell("add-caa", { host: absolute(name), policies }),
    clearCaa: (name) => tell("clear-caa", { host: absolute(name) }),
    addHttp01: (token, content) => tell("add-http01", { token, content }),
    delHttp01: (token) => tell("del-http01", { token }),
    addRedirect: (path, targetURL) => tell("add-redirect", { path, targetURL }),
    addTlsAlpn01: (host, content) => tell("add-tlsalpn01", { host, content }),
    delTlsAlpn01: (host) => tell("del-tlsalpn01", { host }),
    history: {
      dns: (host) => history("dns", relative(host)),
      http: (host) => history("http", host),
      tlsAlpn: (host) => history("tlsalpn01", host),
      clear: async (host) => {
        for (const type of ["dns", "http", "tlsalpn"])
          await tell("clear-request-history", { host: relative(host), type });
      },
    },
    stop: () => server.stop("SIGTERM"),
  };
}

const absolute = (name: string): string => (name.endsWith(".") ? name : `${name}.`);
const relative = (name: string): string => name.replace(/\.$/, "");

async function txtRecords(server: string, name: string): Promise<string[]> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  resolver.setServers([server]);
  try {
    return (await resolver.resolveTxt(name)).map((parts) => parts.join(""));
  } catch (error) {
    if (["ENODATA", "ENOTFOUND"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}
