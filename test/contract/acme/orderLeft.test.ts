import { X509Certificate } from "node:crypto";
import type { AcmeError } from "../../../sdk/acme/problem";
import { type Issued, type IssueRequest, OrderPending } from "../../../sdk/issuers/issuer";
import { issuerKind } from "../../../sdk/issuers/registry";
import { type AccountCredentials, JournalFolder, accountAt, issueRequest } from "../../support/acmeIssuer";
import type { FaultProxy } from "../../support/faultProxy";
import { type FaultRule, firstOf, problem } from "../../support/faults";
import type { Pebble } from "../../support/pebble";
import { useProxiedPebble } from "../../support/proxiedPebble";
import { needs } from "../../support/requirements";
import { RunningServers } from "../../support/runningServers";

const acmeIssuer = issuerKind("acme");

/** Says that it put an answer in place, and did not. */
const wrongAnswer = { http01: { kind: "exec", style: "certbot", command: ["/bin/true"] } };
const unusable = { dnsZones: ["nowhere.test"], dns01: { kind: "exec", style: "certbot", command: ["/bin/true"] } };

needs("pebble").describe("what a failure leaves of an order", () => {
  const servers = new RunningServers();
  let pebble: Pebble;
  let proxy: FaultProxy;
  let journal: JournalFolder;
  let account: AccountCredentials;

  useProxiedPebble(
    servers,
    async (...started) => {
      [pebble, proxy] = started;
      journal = new JournalFolder();
      account = await accountAt(proxy, pebble);
    },
    { answersChallenges: false },
  );
  afterAll(() => journal.remove());

  /** The run that fails: its error, and the number of orders placed until then. */
  const failed = async (
    request: IssueRequest,
    rule?: FaultRule,
    solvers?: readonly object[],
  ): Promise<{ thrown: unknown; error: AcmeError; placed: number }> => {
    proxy.inject(rule);
    const thrown: unknown = await acmeIssuer.issue(request, account.with(solvers)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    proxy.inject();
    const error = (thrown instanceof OrderPending ? thrown.error : thrown) as AcmeError;
    return { thrown, error, placed: await pebble.orders() };
  };
  const issued = (request: IssueRequest): Promise<Issued> => acmeIssuer.issue(request, account.with());
  const isFor = ({ certificate }: Issued, request: IssueRequest): boolean =>
    new X509Certificate(certificate.pem).publicKey.equals(request.template.publicKey);

  test.each<[string, string, FaultRule | undefined, readonly object[] | undefined]>([
    ["nextIssuer: no solver can prove the name", "solver", undefined, [unusable]],
    [
      "nextIssuer: the terms of service changed",
      "terms",
      firstOf("challenge", 1, problem(403, "userActionRequired", "")),
      undefined,
    ],
    [
      "nextIssuer: and the CA cannot be asked about the order",
      "silent",
      ({ kind }) => (kind === "finalize" || kind === "order" ? problem(403, "userActionRequired", "") : undefined),
      undefined,
    ],
    [
      "nextIssuer: the certificate is not handed out",
      "download",
      firstOf("certificate", 1, problem(403, "userActionRequired", "")),
      undefined,
    ],
  ])("is all of it after %s", async (_failure, name, rule, solvers) => {
    const request = await issueRequest(name);
    const { thrown, error, placed } = await failed(request, rule, solvers);
    expect(error.failureClass).toBe("nextIssuer");
    expect(thrown).toBeInstanceOf(OrderPending);
    expect(journal.entries()).toHaveLength(1);
    expect(isFor(await issued(await issueRequest(name)), request)).toBe(true);
    expect(await pebble.orders()).toBe(placed);
    expect(journal.entries()).toEqual([]);
  });

  test.each(["badCSR", "badPublicKey"])("is the order, and another key for it, after %s", async (type) => {
    const name = type.toLowerCase();
    const refused = await issueRequest(name);
    const { thrown, error, placed } = await failed(refused, firstOf("finalize", 1, problem(400, type, "not this one")));
    expect(error.failureClass).toBe("fatal");
    expect((thrown as OrderPending).pending).not.toHaveProperty("certificateKeyPem");
    const next = await issueRequest(name);
    expect(isFor(await issued(next), next)).toBe(true);
    expect(await pebble.orders()).toBe(placed);
  });

  test("is the order when another kind of key is asked for next", async () => {
    const { placed } = await failed(await issueRequest("kind"), undefined, [unusable]);
    const next = await issueRequest("kind", "ECDSA-P384");
    expect(isFor(await issued(next), next)).toBe(true);
    expect(await pebble.orders()).toBe(placed);
  });

  test("is what the state holds, on a machine without the journal", async () => {
    const request = await issueRequest("state");
    const elsewhere = new JournalFolder();
    const { thrown, placed } = await failed(request, undefined, [unusable]);
    elsewhere.remove();
    const { pending } = thrown as OrderPending;
    expect(isFor(await issued({ ...(await issueRequest("state")), pending }), request)).toBe(true);
    expect(await pebble.orders()).toBe(placed);
  });

  test("is nothing to another CA", async () => {
    const request = await issueRequest("other-ca");
    const pending = { orderUrl: "https://127.0.0.1:1/order/7", csrDer: "", directoryUrl: "https://127.0.0.1:1/dir" };
    expect(isFor(await issued({ ...request, pending }), request)).toBe(true);
  });

  test("is nothing after a wrong answer to a challenge", async () => {
    const { thrown, error, placed } = await failed(await issueRequest("wrong"), undefined, [wrongAnswer]);
    expect(error.failureClass).toBe("newOrder");
    expect(thrown).toBe(error);
    expect(journal.entries()).toEqual([]);
    await issued(await issueRequest("wrong"));
    expect(await pebble.orders()).toBe(placed + 1);
  });

  test("is nothing when its certificate is of no use", async () => {
    const request = await issueRequest("useless");
    const template = {
      ...request.template,
      names: { dnsNames: ["else.example"] },
      notAfter: new Date(Date.now() + 1e9),
    };
    const { certificate } = await issuerKind("selfSigned").issue({ ...request, template }, {});
    const body = certificate.pem;
    const { thrown, error } = await failed(request, firstOf("certificate", 1, { kind: "answer", status: 200, body }));
    expect(error.message).toContain("lacks useless.example");
    expect(thrown).toBe(error);
    expect(journal.entries()).toEqual([]);
    await issued(await issueRequest("useless"));
  });
});
