import { createPublicKey, type KeyObject } from "node:crypto";
import { generatePrivateKey } from "../../sdk/keys/generate";
import { localSigner } from "../../sdk/keys/signer";
import { type IssuerIdentity, issueCertificate } from "../../sdk/x509/certificate";
import { keyIdentifierOf } from "../../sdk/x509/extensions";
import { readCertificateFields } from "../../sdk/x509/fields";
import { decodePem } from "../../sdk/x509/pem";
import { checkChain, type ChainFailureCode } from "../../sdk/x509/chain";
import { opensslVerify } from "./opensslVerify";
import type { CertificateTemplate } from "../../sdk/x509/template";

export const day = 86_400_000;
/** The moment at which the chains are judged, unless a case says another. */
export const at = new Date("2026-06-01T00:00:00Z");

/** A certificate with its key, to issue others with, whatever it says about itself. */
export interface Node {
  readonly pem: string;
  readonly key: KeyObject;
}

export type Extras = Partial<CertificateTemplate>;

/** An issuer's identity without what would keep it from issuing a certificate that breaks a rule. */
export function identityOf({ pem }: Node): IssuerIdentity {
  const { subject, spki } = readCertificateFields(decodePem(pem, ["CERTIFICATE"], "pem"));
  return { subjectDer: subject, spkiDer: spki, keyIdentifier: keyIdentifierOf(spki) };
}

async function issue(template: Extras, issuer: Node | undefined, key: KeyObject): Promise<Node> {
  const { pem } = await issueCertificate(
    {
      subject: {},
      names: {},
      publicKey: createPublicKey(key),
      notBefore: new Date(at.getTime() - 30 * day),
      notAfter: new Date(at.getTime() + 60 * day),
      ...template,
    },
    issuer ? identityOf(issuer) : "self",
    localSigner(issuer?.key ?? key),
  );
  return { pem, key };
}

/** A CA; with `key` one more certificate of that key. */
export async function ca(commonName: string, issuer?: Node, extras: Extras = {}, key?: KeyObject): Promise<Node> {
  return issue({ subject: { commonName }, ca: {}, ...extras }, issuer, key ?? (await generatePrivateKey("ECDSA-P256")));
}

/** A server certificate. */
export async function leaf(issuer: Node | undefined, extras: Extras = {}): Promise<Node> {
  const names = { dnsNames: ["web.example.com"] };
  return issue({ names, subject: { commonName: "leaf" }, ...extras }, issuer, await generatePrivateKey("ECDSA-P256"));
}

/** A whole chain, of which a case changes one thing. */
export interface Chain {
  readonly root: Node;
  readonly upper: Node;
  readonly lower: Node;
  readonly leaf: Node;
}

export async function chain(extras: Partial<Record<keyof Chain, Extras>> = {}): Promise<Chain> {
  const root = await ca("root", undefined, extras.root);
  const upper = await ca("upper", root, extras.upper);
  const lower = await ca("lower", upper, extras.lower);
  return { root, upper, lower, leaf: await leaf(lower, extras.leaf) };
}

/** One validation that the code under test and openssl must agree on. */
export interface Case {
  leaf: string;
  intermediates?: string[];
  anchors: string[];
  at?: Date;
  purpose?: "serverAuth" | "clientAuth";
}

export type Make = () => Promise<Case>;
export type Expected = "ok" | ChainFailureCode;

export const whole = ({ root, upper, lower, leaf: end }: Chain): Case => ({
  leaf: end.pem,
  intermediates: [lower.pem, upper.pem],
  anchors: [root.pem],
});
/** A chain with templates changed. */
export const from =
  (extras: Parameters<typeof chain>[0] = {}, changes: Partial<Case> = {}): Make =>
  async () => ({ ...whole(await chain(extras)), ...changes });
/** A chain of which one certificate is encoded anew. */
export const edited =
  (edit: (made: Chain) => Promise<Partial<Record<keyof Chain, string>>>): Make =>
  async () => {
    const made = await chain();
    const {
      root = made.root.pem,
      upper = made.upper.pem,
      lower = made.lower.pem,
      leaf: end = made.leaf.pem,
    } = await edit(made);
    return { leaf: end, intermediates: [lower, upper], anchors: [root] };
  };

/** A test for each case: what the check says is expected, and openssl says the same. */
export function testAgreement(title: string, cases: [string, Expected, Make][]): void {
  describe(title, () => {
    test.each(cases)("%s: %s, and openssl agrees", async (_, expected, make) => {
      const { leaf: leafPem, intermediates = [], anchors, at: moment = at, purpose } = await make();
      const check = {
        leafPem,
        intermediatesPem: intermediates.join(""),
        trustAnchorsPem: anchors.join(""),
        at: moment,
      };
      const verdict = await checkChain({ ...check, ...(purpose ? { purpose } : {}) });
      const opensslPurpose = purpose && (purpose === "serverAuth" ? "sslserver" : "sslclient");
      const openssl = await opensslVerify({ ...check, ...(opensslPurpose ? { purpose: opensslPurpose } : {}) });
      expect(verdict.ok ? "ok" : verdict.code).toBe(expected);
      expect({ agrees: openssl.ok === verdict.ok, output: openssl.output }).toMatchObject({ agrees: true });
    });
  });
}
