import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { revocationOf, type Revocation } from "../../../sdk/verify/revocation";
import { OpensslStatus } from "../../support/opensslStatus";

const signal = new AbortController().signal;
let folder: string;
let status: OpensslStatus;
let paths = 0;
/** A path of its own for each test: answers are kept by URL. */
const path = (kind: string): string => `/${kind}/${(paths += 1)}`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "revocation-"));
  status = await OpensslStatus.start(folder);
});
afterAll(async () => {
  await status.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => (status.responder = { signer: "ca", args: ["-ndays", "1"] }));

const ask = (name: string, options: { now?: Date; timeoutMs?: number } = {}): Promise<Revocation> =>
  revocationOf(status.pem(name), status.caPem, { signal, ...options });

describe("by OCSP", () => {
  test("a good and a revoked certificate, answered by the CA itself", async () => {
    const [good, revoked] = [status.issue({ ocsp: path("ocsp") }), status.issue({ ocsp: path("ocsp") })];
    status.revoke(revoked, "keyCompromise");
    expect(await ask(good)).toEqual({ status: "good", source: "ocsp" });
    expect(await ask(revoked)).toEqual({
      status: "revoked",
      source: "ocsp",
      reason: "keyCompromise",
      revokedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
  });

  test("a responder that the CA certified for it", async () => {
    status.createResponder("delegated", ["extendedKeyUsage=OCSPSigning"]);
    for (const args of [
      ["-ndays", "1"],
      ["-ndays", "1", "-resp_key_id"],
    ]) {
      status.responder = { signer: "delegated", args };
      expect(await ask(status.issue({ ocsp: path("ocsp") }))).toEqual({ status: "good", source: "ocsp" });
    }
  });

  test.each([
    [
      "a responder without the purpose",
      "plain",
      ["extendedKeyUsage=serverAuth"],
      "ca",
      /not for signing OCSP responses/,
    ],
    ["a responder of another CA", "foreign", ["extendedKeyUsage=OCSPSigning"], "impostor", /not from the issuer/],
  ])("%s is not believed", async (_, name, extensions, from, why) => {
    status.createResponder(name, extensions, from);
    status.responder = { signer: name, args: ["-ndays", "1"] };
    expect(await ask(status.issue({ ocsp: path("ocsp") }))).toMatchObject({
      status: "unknown",
      source: "none",
      why: expect.stringMatching(why),
    });
  });

  test("a CA with the same name and another key is not believed", async () => {
    status.selfSigned("namesake");
    status.responder = { signer: "namesake", args: ["-ndays", "1", "-resp_no_certs"] };
    const answer = await ask(status.issue({ ocsp: path("ocsp") }));
    expect(answer).toMatchObject({
      status: "unknown",
      why: expect.stringMatching(/signature of the response is wrong/),
    });
  });

  test("a certificate that the responder does not know is unknown, whatever its list says", async () => {
    const url = path("crl");
    const name = status.issue({ ocsp: path("ocsp"), crl: url });
    status.bodies.set(url, status.crl());
    const index = join(folder, "index.txt");
    const before = readFileSync(index, "utf8");
    writeFileSync(index, before.split("\n").slice(0, -2).join("\n").concat("\n"));
    try {
      expect(await ask(name)).toMatchObject({ status: "unknown", source: "ocsp" });
    } finally {
      writeFileSync(index, before);
    }
  });

  test("an answer that is out of date, from the future, or about another certificate is not believed", async () => {
    const url = path("ocsp");
    const [asked, other] = [status.issue({ ocsp: url }), status.issue({ ocsp: path("ocsp") })];
    const day = 86_400_000;
    expect(await ask(asked, { now: new Date(Date.now() + 2 * day) })).toMatchObject({
      why: expect.stringMatching(/out of date/),
    });
    const early = status.issue({ ocsp: path("ocsp") });
    expect(await ask(early, { now: new Date(Date.now() - day) })).toMatchObject({
      why: expect.stringMatching(/from the future/),
    });
    execFileSync("openssl", [
      ...["ocsp", "-issuer", join(folder, "ca.pem"), "-cert", join(folder, `${other}.pem`)],
      ...["-reqout", join(folder, "other.req")],
    ]);
    const swapped = path("ocsp");
    status.bodies.set(swapped, await status.ocspAnswer(readFileSync(join(folder, "other.req"))));
    expect(await ask(status.issue({ ocsp: swapped }))).toMatchObject({
      status: "unknown",
      why: expect.stringMatching(/about another certificate/),
    });
  });

  test("without nextUpdate an answer counts for a day", async () => {
    status.responder = { signer: "ca", args: [] };
    expect(await ask(status.issue({ ocsp: path("ocsp") }))).toEqual({ status: "good", source: "ocsp" });
  });
});

describe("by revocation list", () => {
  test("a good and a revoked certificate; the list is fetched once, also when many ask at once", async () => {
    const url = path("crl");
    const names = Array.from({ length: 5 }, () => status.issue({ crl: url }));
    status.revoke(names[0]!, "cessationOfOperation");
    status.revoke(names[1]!, "unspecified");
    status.bodies.set(url, status.crl());
    const answers = await Promise.all(names.map((name) => ask(name)));
    expect(answers[0]).toMatchObject({ status: "revoked", source: "crl", reason: "cessationOfOperation" });
    expect(answers[1]).toMatchObject({ status: "revoked", source: "crl" });
    expect(answers.slice(2)).toEqual(Array(3).fill({ status: "good", source: "crl" }));
    expect(status.requests.get(url)).toBe(1);
  });

  test("it is asked where the responder does not answer", async () => {
    const [url, dead] = [path("crl"), path("ocsp")];
    status.bodies.set(dead, Buffer.from("<html>"));
    status.bodies.set(url, status.crl());
    expect(await ask(status.issue({ ocsp: dead, crl: url }))).toEqual({ status: "good", source: "crl" });
  });

  test("a list in PEM is read, and one with nothing in it", async () => {
    const url = path("crl");
    status.crl();
    status.bodies.set(url, readFileSync(join(folder, "crl.pem")));
    expect(await ask(status.issue({ crl: url }))).toEqual({ status: "good", source: "crl" });
  });

  test.each([
    ["that is out of date", ["-crlsec", "1"], { now: new Date(Date.now() + 3_600_000) }, /out of date/],
    ["from the future", ["-crldays", "7"], { now: new Date(Date.now() - 3_600_000) }, /from the future/],
    ["that is a delta", ["-crldays", "7", "-crlexts", "crl_delta"], {}, /critical extension 2\.5\.29\.27/],
    ["for another URL", ["-crldays", "7", "-crlexts", "crl_part"], {}, /for other certificates/],
  ])("a list %s says nothing", async (_, args, options, why) => {
    const url = path("crl");
    status.bodies.set(url, status.crl(...args));
    const answer = await ask(status.issue({ crl: url }), options);
    expect(answer).toMatchObject({ status: "unknown", source: "none", why: expect.stringMatching(why) });
  });

  test("a list in parts counts for the URL that it names", async () => {
    status.bodies.set("/part.crl", status.crl("-crldays", "7", "-crlexts", "crl_part"));
    expect(await ask(status.issue({ crl: "/part.crl" }))).toEqual({ status: "good", source: "crl" });
  });

  test("a list of a CA with the same name and another key says nothing", async () => {
    const url = path("crl");
    status.selfSigned("namesake2");
    const other = ["-cert", join(folder, "namesake2.pem"), "-keyfile", join(folder, "namesake2.key")];
    status.bodies.set(url, status.crl("-crldays", "7", ...other));
    expect(await ask(status.issue({ crl: url }))).toMatchObject({
      status: "unknown",
      why: expect.stringMatching(/signature of the list is wrong/),
    });
  });

  test.each([
    ["nothing", Buffer.alloc(0), /malformed/],
    ["something else", Buffer.from("<html>not found</html>"), /malformed/],
    ["too much", Buffer.alloc(17 * 1024 * 1024), /more than/],
  ])("a server that answers with %s", async (_, body, why) => {
    const url = path("crl");
    status.bodies.set(url, body);
    expect(await ask(status.issue({ crl: url }))).toMatchObject({ status: "unknown", why: expect.stringMatching(why) });
  });
});

test("a certificate that names nobody, one whose issuer is missing, and a dead server are unknown", async () => {
  expect(await ask(status.issue({}))).toEqual({
    status: "unknown",
    source: "none",
    why: "it names neither an OCSP responder nor a revocation list at an HTTP URL",
  });
  const name = status.issue({ crl: path("missing") });
  expect(await revocationOf(status.pem(name), "", { signal })).toMatchObject({
    status: "unknown",
    why: "its issuer is not in the chain",
  });
  expect(await ask(name)).toMatchObject({ status: "unknown", why: expect.stringMatching(/answered 404/) });
  const malformed = status.issue({}, ["authorityInfoAccess=DER:3003020101"]);
  expect(await ask(malformed)).toMatchObject({ status: "unknown", why: expect.stringMatching(/are malformed/) });
});

test("who gives up while the answer is under way gets the reason, and others their answer", async () => {
  const url = path("ocsp");
  const name = status.issue({ ocsp: url });
  const controller = new AbortController();
  const aborted = revocationOf(status.pem(name), status.caPem, { signal: controller.signal });
  const other = ask(name);
  controller.abort(new Error("given up"));
  await expect(aborted).rejects.toThrow("given up");
  expect(await other).toEqual({ status: "good", source: "ocsp" });
});
