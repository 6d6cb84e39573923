import { X509Certificate } from "node:crypto";
import { issuerKind } from "../../../sdk/issuers/registry";
import { keyAlgorithms } from "../../../sdk/keys/algorithms";
import { createCsr } from "../../../sdk/x509/csr";
import { type AccountCredentials, JournalFolder, accountAt, issueRequest } from "../../support/acmeIssuer";
import { startFaultProxy } from "../../support/faultProxy";
import { type Fault, rateLimited, reset, serverError } from "../../support/faults";
import { type Pebble, startPebble } from "../../support/pebble";
import { needs } from "../../support/requirements";

const acmeIssuer = issuerKind("acme");

needs("pebble").describe("the ACME issuer", () => {
  let pebble: Pebble;
  let journal: JournalFolder;
  let account: AccountCredentials;

  beforeAll(async () => {
    journal = new JournalFolder();
    pebble = await startPebble({ answersChallenges: false });
    account = await accountAt(pebble, pebble);
  });
  afterAll(async () => {
    await pebble.stop();
    journal.remove();
  });

  test.each(keyAlgorithms.filter((algorithm) => algorithm !== "Ed25519"))("certifies an %s key", async (algorithm) => {
    const asked = await issueRequest(algorithm.toLowerCase(), algorithm);
    const { certificate, privateKey, issuedBy } = await acmeIssuer.issue(asked, account.with());
    expect(new X509Certificate(certificate.pem).publicKey.equals(asked.template.publicKey)).toBe(true);
    expect(privateKey === undefined || privateKey.equals(asked.privateKey as never)).toBe(true);
    expect(issuedBy).toMatchObject({ directoryUrl: pebble.directoryUrl });
    expect(journal.entries()).toEqual([]);
  });

  test("certifies the user's own request", async () => {
    const { privateKey: key, ...asked } = await issueRequest("csr");
    const csrPem = await createCsr({ subject: {}, names: asked.template.names, key: key as never });
    const issued = await acmeIssuer.issue({ ...asked, csrPem }, account.with());
    expect(new X509Certificate(issued.certificate.pem).publicKey.equals(asked.template.publicKey)).toBe(true);
    expect(issued.privateKey).toBeUndefined();
  });

  test("finishes the order of a run that ended after it was placed, with that order's key", async () => {
    const asked = await issueRequest("resumed");
    const aborting = account.with([{ http01: { kind: "exec", style: "certbot", command: ["/bin/false"] } }]);
    await expect(acmeIssuer.issue(asked, aborting)).rejects.toThrow("resumed.example");
    const placed = await pebble.orders();
    expect(journal.entries()).toHaveLength(1);
    const again = await issueRequest("resumed");
    const { certificate, privateKey } = await acmeIssuer.issue(again, account.with());
    expect(await pebble.orders()).toBe(placed);
    expect(privateKey?.equals(asked.privateKey as never)).toBe(true);
    expect(new X509Certificate(certificate.pem).publicKey.equals(asked.template.publicKey)).toBe(true);
    expect(journal.entries()).toEqual([]);
  });

  test("places no second order while the CA answers with errors, resets and truncated texts", async () => {
    const proxy = await startFaultProxy(pebble);
    try {
      // An account of its own: its URLs are those of the server through which it was made.
      const behindProxy = await accountAt(proxy, pebble);
      const faults: Fault[] = [serverError(), reset, { kind: "truncated", bytes: 20 }];
      let seen = 0;
      proxy.inject(({ kind }) => (kind === "directory" || seen++ % 2 === 1 ? undefined : faults.shift()));
      const before = await pebble.orders();
      await acmeIssuer.issue(await issueRequest("faulty"), behindProxy.with());
      expect(faults).toEqual([]);
      expect(await pebble.orders()).toBe(before + 1);
    } finally {
      await proxy.stop();
    }
  });

  test("what the CA makes a certificate wait for is shown with that certificate, once for many at a time", async () => {
    const proxy = await startFaultProxy(pebble);
    try {
      const behindProxy = await accountAt(proxy, pebble);
      const shownBy = async (...names: string[]): Promise<string[]> => {
        const lines: string[] = [];
        const faults = names.map(() => rateLimited("3"));
        proxy.inject(({ kind }) => (kind === "newOrder" ? faults.shift() : undefined));
        const issue = async (name: string): Promise<unknown> => {
          const report = (line: string): void => void lines.push(`${name}: ${line}`);
          return acmeIssuer.issue({ ...(await issueRequest(name)), report }, behindProxy.with());
        };
        await Promise.all(names.map(issue));
        return lines;
      };
      const wait = (name: string) => new RegExp(`^${name}: .*too many new orders recently.* Trying again in 3 s\\.$`);
      expect(await shownBy("first")).toEqual([expect.stringMatching(wait("first"))]);
      expect(await shownBy("second", "third")).toEqual([expect.stringMatching(wait("(second|third)"))]);
    } finally {
      await proxy.stop();
    }
  });
});
