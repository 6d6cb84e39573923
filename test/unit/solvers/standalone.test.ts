import { once } from "node:events";
import { createServer } from "node:net";
import { connect } from "node:tls";
import { parsePublicCertificate } from "../../support/solvers/opensslText";
import { standaloneHttp01 } from "../../../sdk/solvers/standaloneHttp01";
import {
  challengeCertificate,
  challengeServerName,
  standaloneTlsAlpn01,
} from "../../../sdk/solvers/standaloneTlsAlpn01";
import { freePorts } from "../../support/freePorts";
import { testChallenge } from "../../support/solvers/fixture";
import { fetchHttp, listens } from "../../support/solvers/standaloneHttp01";
import { acmeHandshake, acmeIdentifierDer } from "../../support/solvers/standaloneTlsAlpn01";

const reports: string[] = [];
const controller = new AbortController();
const context = { signal: controller.signal, report: (line: string) => void reports.push(line) };
const pathOf = (token: string): string => `/.well-known/acme-challenge/${token}`;

describe("http-01", () => {
  const challenge = testChallenge("http-01", "web.example.com");

  test("answers only challenges, only GET and HEAD, over IPv4 and IPv6", async () => {
    const [port = 0] = await freePorts(1);
    const { remove } = await standaloneHttp01.present({ port }, challenge, context);
    try {
      const { token, keyAuthorization } = challenge;
      const type = "application/octet-stream";
      const found = { status: 200, body: keyAuthorization, type };
      expect(await fetchHttp(port, pathOf(token))).toEqual(found);
      expect(await fetchHttp(port, pathOf(token), { address: "::1" })).toEqual(found);
      expect(await fetchHttp(port, `${pathOf(token)}?a=b`)).toEqual(found);
      expect(await fetchHttp(port, pathOf(token), { method: "HEAD" })).toEqual({ ...found, body: "" });
      expect(await fetchHttp(port, pathOf(token), { method: "POST" })).toMatchObject({ status: 405, body: "" });
      for (const path of ["/", "/.well-known/", pathOf(""), pathOf("x"), `/x${pathOf(token)}`, `${pathOf(token)}/x`])
        expect(await fetchHttp(port, path)).toMatchObject({ status: 404, body: "" });
    } finally {
      await remove();
    }
  });

  test("a challenge that two orders share is answered until both are done", async () => {
    const [port = 0] = await freePorts(1);
    const spec = { port, address: "127.0.0.1" };
    const [one, two] = [
      await standaloneHttp01.present(spec, challenge, context),
      await standaloneHttp01.present(spec, challenge, context),
    ];
    await one.remove();
    await one.remove();
    expect((await fetchHttp(port, pathOf(challenge.token))).status).toBe(200);
    await two.remove();
    expect(await listens(port)).toBe(false);
  });

  test("waits for a port that another run holds for a moment", async () => {
    const [port = 0] = await freePorts(1);
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    const told = new Promise<string>((resolve) => {
      const waiting = { ...context, report: resolve };
      void standaloneHttp01.present({ port, address: "127.0.0.1" }, challenge, waiting).then(async ({ remove }) => {
        expect((await fetchHttp(port, pathOf(challenge.token))).status).toBe(200);
        await remove();
        finished();
      });
    });
    let finished = (): void => undefined;
    const done = new Promise<void>((resolve) => (finished = resolve));
    expect(await told).toContain(`Port ${port} is in use`);
    other.close();
    await done;
  });

  test("says what to do when the port stays taken", async () => {
    const [port = 0] = await freePorts(1);
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    const now = Date.now();
    const clock = jest
      .spyOn(Date, "now")
      .mockReturnValueOnce(now)
      .mockReturnValue(now + 60_000);
    try {
      const failing = standaloneHttp01.preflight!({ port, address: "127.0.0.1" }, ["web.example.com"], context);
      await expect(failing).rejects.toMatchObject({ code: "IssuanceFailed", retryable: true });
      await expect(failing).rejects.toThrow(
        /^Cannot listen on port \d+ of 127\.0\.0\.1: another program listens there \(EADDRINUSE\)\. Stop it.*webroot/,
      );
    } finally {
      clock.mockRestore();
      other.close();
    }
  });

  test("says what to do about an address that is not this machine's", async () => {
    const failing = standaloneHttp01.present({ port: 8080, address: "192.0.2.1" }, challenge, context);
    await expect(failing).rejects.toThrow("this machine has no such address (EADDRNOTAVAIL). Correct `address`");
  });

  test("a run that is stopped does not go on waiting for the port", async () => {
    const [port = 0] = await freePorts(1);
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    const stop = new AbortController();
    const waiting = { signal: stop.signal, report: () => stop.abort() };
    await expect(standaloneHttp01.present({ port, address: "127.0.0.1" }, challenge, waiting)).rejects.toMatchObject({
      name: "AbortError",
    });
    other.close();
    await once(other, "close");
    // The listener that was given up is in nobody's way.
    const { remove } = await standaloneHttp01.present({ port, address: "127.0.0.1" }, challenge, context);
    await remove();
  });
});

describe("tls-alpn-01", () => {
  test("shows its certificate to nobody but a CA that asks for the name", async () => {
    const [port = 0] = await freePorts(1);
    const challenge = testChallenge("tls-alpn-01", "web.example.com");
    const { remove } = await standaloneTlsAlpn01.present({ port }, challenge, context);
    try {
      expect((await acmeHandshake(port, "web.example.com"))?.protocol).toBe("acme-tls/1");
      expect((await acmeHandshake(port, "WEB.example.com", { address: "::1" }))?.protocol).toBe("acme-tls/1");
      expect(await acmeHandshake(port, "other.example.com")).toBeUndefined();
      expect(await acmeHandshake(port, "web.example.com", { protocols: ["http/1.1"] })).toBeUndefined();
      const old = connect({ port, host: "127.0.0.1", servername: "web.example.com", maxVersion: "TLSv1.1" });
      expect(await once(old, "error")).toEqual([expect.objectContaining({ code: expect.any(String) as string })]);
    } finally {
      await remove();
    }
  });

  test.each([
    ["192.0.2.7", "7.2.0.192.in-addr.arpa"],
    ["2001:db8::7", "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"],
  ])("is asked for the address %s by its reverse name", async (value, name) => {
    expect(challengeServerName({ type: "ip", value })).toBe(name);
    const [port = 0] = await freePorts(1);
    const challenge = testChallenge("tls-alpn-01", value);
    const { remove } = await standaloneTlsAlpn01.present({ port, address: "127.0.0.1" }, challenge, context);
    const shown = await acmeHandshake(port, name);
    await remove();
    expect(shown?.certificate.subjectAltName).toMatch(/^IP Address:/);
    expect(shown?.certificate.raw.toString("hex")).toContain(acmeIdentifierDer(challenge.digest));
  });

  test("OpenSSL reads the certificate: one name, a critical acmeIdentifier, no CA", async () => {
    const challenge = testChallenge("tls-alpn-01", "web.example.com");
    const text = parsePublicCertificate((await challengeCertificate(challenge)).cert);
    expect(text).toMatch(/1\.3\.6\.1\.5\.5\.7\.1\.31: critical|ACME Identifier: critical/);
    expect(text.match(/DNS:/g)).toHaveLength(1);
    expect(text).not.toContain("CA:TRUE");
  });
});
