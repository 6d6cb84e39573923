import { createServer, type Server } from "node:net";
import type { EndpointProtocol } from "../../../sdk/verify/endpoint";
import { probeEndpoint, type ProbeOutcome } from "../../../sdk/verify/probe";
import { OpenServers } from "../../support/openServers";
import { createSmtpServer, type TestSmtpOptions } from "../../support/smtpServer";
import { createTestCa, issueTestCertificate, type TestCertificate } from "../../support/testCertificates";
import { served } from "../../support/tlsServer";

const servers = new OpenServers();
let mail: TestCertificate;

beforeAll(async () => {
  mail = await issueTestCertificate(await createTestCa("Test Root"), { commonName: "mail.example.com" });
});

async function probe(protocol: EndpointProtocol, server: Server, timeoutMs = 5_000): Promise<ProbeOutcome> {
  const port = await servers.tcp(() => undefined, server);
  return probeEndpoint({ address: "127.0.0.1", port, protocol }, { timeoutMs });
}

describe("smtp", () => {
  const smtp = (options: Partial<TestSmtpOptions> = {}): Promise<ProbeOutcome> =>
    probe("smtp", createSmtpServer({ ...served(mail), ...options }));

  it("shows the certificate behind STARTTLS", async () => {
    expect(await smtp()).toMatchObject({ ok: true, served: { fingerprintSha256: mail.fingerprintSha256 } });
  });

  it("takes the replies in any pieces", async () => {
    const whole = createSmtpServer(served(mail));
    const port = await servers.tcp(() => undefined, whole);
    const dribble = createServer((socket) => {
      socket.setNoDelay(true);
      void import("node:net").then(({ connect }) => {
        const behind = connect(port, "127.0.0.1");
        socket.pipe(behind);
        behind.on("data", (data) => {
          for (const byte of data) socket.write(Buffer.from([byte]));
        });
        behind.on("error", () => socket.destroy());
        socket.on("close", () => behind.destroy());
      });
    });
    expect(await probe("smtp", dribble)).toMatchObject({ ok: true });
  });

  it("refuses a reply injected in clear text after the agreement", async () => {
    const outcome = await smtp({ injected: "250 you are somebody else\r\n" });
    expect(outcome).toMatchObject({ ok: false, failure: { kind: "startTlsInjection" } });
    expect(outcome).toMatchObject({ failure: { message: expect.stringContaining("27 bytes arrived in clear text") } });
  });

  it("fails if STARTTLS is not offered", async () => {
    expect(await smtp({ offersStartTls: false })).toMatchObject({ ok: false, failure: { kind: "startTlsNotOffered" } });
  });

  it("fails if STARTTLS is offered and then refused", async () => {
    expect(await smtp({ agreement: "454 TLS not available" })).toMatchObject({
      failure: { kind: "startTlsRefused", message: 'the SMTP server answered STARTTLS with "454 TLS not available"' },
    });
  });

  it("fails at a server that wants no clients", async () => {
    expect(await smtp({ greeting: "554 no service" })).toMatchObject({ failure: { kind: "startTlsRefused" } });
  });

  it("shows no control characters of what a server says", async () => {
    const outcome = await smtp({ greeting: "554 \u001b[2Jgone" });
    expect(outcome).toMatchObject({
      failure: { message: 'the SMTP server answered the greeting with "554 ?[2Jgone"' },
    });
  });

  it("stops reading a line without an end", async () => {
    const endless = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      const more = (): void => {
        while (!socket.destroyed && socket.write("2".repeat(10_000)));
      };
      socket.on("drain", more);
      more();
    });
    expect(await probe("smtp", endless)).toMatchObject({ failure: { kind: "startTlsRefused" } });
  });

  it("stops at a reply of endless lines", async () => {
    const endless = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      const more = (): void => {
        while (!socket.destroyed && socket.write("220-more\r\n".repeat(100)));
      };
      socket.on("drain", more);
      more();
    });
    expect(await probe("smtp", endless)).toMatchObject({ failure: { kind: "startTlsRefused" } });
  });

  it("gives up on a server that says nothing", async () => {
    expect(await probe("smtp", createServer(), 200)).toMatchObject({
      failure: { kind: "timeout", message: "no answer within 200 ms (upgrading to TLS)" },
    });
  });

  it("gives up on a server that hangs up", async () => {
    expect(
      await probe(
        "smtp",
        createServer((socket) => socket.end()),
      ),
    ).toMatchObject({ failure: { kind: "closed" } });
  });
});

describe("postgresql", () => {
  const answering = (answer: string): Server =>
    createServer((socket) => socket.on("error", () => undefined).once("data", () => socket.write(answer)));

  it("fails if TLS is switched off", async () => {
    expect(await probe("postgresql", answering("N"))).toMatchObject({ failure: { kind: "startTlsNotOffered" } });
  });

  it("refuses bytes injected after the agreement", async () => {
    expect(await probe("postgresql", answering("SR\0\0\0\u0008"))).toMatchObject({
      failure: { kind: "startTlsInjection" },
    });
  });

  it("fails at something else than PostgreSQL", async () => {
    expect(await probe("postgresql", answering("HTTP/1.1 400 Bad Request\r\n"))).toMatchObject({
      failure: { kind: "startTlsRefused" },
    });
  });
});
