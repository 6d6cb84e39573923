import { createPublicKey, type KeyObject } from "node:crypto";
import { type KeyAlgorithm, keyAlgorithms } from "../../sdk/keys/algorithms";
import { generatePrivateKey } from "../../sdk/keys/generate";
import { localSigner } from "../../sdk/keys/signer";
import { issueCertificate, issuerIdentity } from "../../sdk/x509/certificate";
import { createCsr, parseCsr } from "../../sdk/x509/csr";
import type { SubjectNames } from "../../sdk/x509/names";
import type { CertificateTemplate } from "../../sdk/x509/template";

/** A chain made by the code under test. */
export interface MatrixChain {
  readonly title: string;
  readonly leafPem: string;
  /** The leaf's issuer first. */
  readonly intermediates: string[];
  readonly rootPem: string;
  /** What `openssl verify -purpose` is asked. */
  readonly purpose: "sslserver" | "sslclient" | "any";
  /** A moment at which every element is valid. */
  readonly at: Date;
}

interface Authority {
  readonly pem: string;
  readonly key: KeyObject;
  /** The certificates above the root's children, the nearest first; without the root. */
  readonly intermediates: string[];
  readonly rootPem: string;
}

const day = 86_400_000;
const now = new Date();
const after = (days: number): Date => new Date(now.getTime() + days * day);
const keys = new Map<string, Promise<KeyObject>>();

/** One key for each algorithm and use: making RSA keys is slow. */
function keyFor(use: string, algorithm: KeyAlgorithm): Promise<KeyObject> {
  const name = `${use} ${algorithm}`;
  const key = keys.get(name) ?? generatePrivateKey(algorithm);
  keys.set(name, key);
  return key;
}

type Extras = Partial<CertificateTemplate>;

async function authority(
  commonName: string,
  algorithm: KeyAlgorithm,
  issuer?: Authority,
  extras: Extras = {},
): Promise<Authority> {
  const key = await keyFor(commonName, algorithm);
  const template: CertificateTemplate = {
    subject: { country: "DE", organization: "Example Organization", commonName: `${commonName} ${algorithm}` },
    names: {},
    publicKey: createPublicKey(key),
    notBefore: now,
    notAfter: after(issuer ? 3 * 365 : 10 * 365),
    ca: issuer ? { pathLength: 0 } : {},
    ...extras,
  };
  const { pem } = await issueCertificate(
    template,
    issuer ? issuerIdentity(issuer.pem) : "self",
    localSigner(issuer?.key ?? key),
  );
  return {
    pem,
    key,
    rootPem: issuer?.rootPem ?? pem,
    intermediates: issuer ? [pem, ...issuer.intermediates] : [],
  };
}

async function leaf(
  title: string,
  issuer: Authority,
  names: SubjectNames,
  extras: Extras = {},
  algorithm: KeyAlgorithm = "ECDSA-P256",
): Promise<MatrixChain> {
  const template: CertificateTemplate = {
    subject: {},
    names,
    publicKey: createPublicKey(await keyFor("leaf", algorithm)),
    notBefore: now,
    notAfter: after(90),
    ...extras,
  };
  const { pem } = await issueCertificate(template, issuerIdentity(issuer.pem), localSigner(issuer.key));
  const usages = template.extendedKeyUsages ?? ["serverAuth"];
  return {
    title,
    leafPem: pem,
    intermediates: issuer.intermediates,
    rootPem: issuer.rootPem,
    purpose: usages.includes("serverAuth") ? "sslserver" : usages.includes("clientAuth") ? "sslclient" : "any",
    at: new Date(template.notBefore.getTime() + 60_000),
  };
}

const web: SubjectNames = { dnsNames: ["web.example.com"] };

async function everyAlgorithm(): Promise<MatrixChain[]> {
  const chains: MatrixChain[] = [];
  for (const ca of keyAlgorithms) {
    const issuing = await authority("Issuing", ca, await authority("Root", ca));
    for (const algorithm of keyAlgorithms)
      chains.push(await leaf(`${algorithm} leaf of an ${ca} CA`, issuing, web, {}, algorithm));
  }
  return chains;
}

async function everyShape(): Promise<MatrixChain[]> {
  const root = await authority("Root", "ECDSA-P384");
  const middle = await authority("Middle", "ECDSA-P384", root, { ca: { pathLength: 1 } });
  const deep = await authority("Lower", "ECDSA-P256", middle);
  const constrained = await authority("Constrained", "ECDSA-P384", root, {
    ca: {
      pathLength: 0,
      nameConstraints: {
        permitted: {
          dnsDomains: ["example.com"],
          ipRanges: ["10.0.0.0/8", "2001:db8::/32"],
          emailAddresses: ["example.com"],
        },
        excluded: { dnsDomains: ["secret.web.example.com"], uriDomains: [".internal.example"] },
      },
    },
  });
  return [
    await leaf("directly under the root", root, web),
    await leaf("three deep", deep, web),
    await leaf("inside name constraints", constrained, {
      dnsNames: ["web.example.com", "*.example.com"],
      ipAddresses: ["10.1.2.3", "2001:db8::7"],
      emailAddresses: ["ops@example.com"],
    }),
    await leaf("with a common name inside name constraints", constrained, web, {
      subject: { commonName: "web.example.com" },
    }),
    await longLived(),
    await leaf("under a root with nothing but a name", await bareRoot(), web),
  ];
}

const bareRoot = (): Promise<Authority> =>
  authority("Bare", "ECDSA-P384", undefined, {
    subject: { commonName: "Bare Root" },
    crlUrls: ["http://pki.example.com/root.crl"],
  });

/** All dates from 2050 on are written in another type. */
async function longLived(): Promise<MatrixChain> {
  const root = await authority("Long", "ECDSA-P384", undefined, { notAfter: new Date("2066-01-01T00:00:00Z") });
  return leaf("valid past 2050", root, web, { notAfter: new Date("2055-06-30T12:34:56Z") });
}

async function everyName(): Promise<MatrixChain[]> {
  const issuing = await authority("Issuing", "ECDSA-P384", await authority("Root", "ECDSA-P384"));
  return [
    await leaf("a wildcard", issuing, { dnsNames: ["*.example.com", "example.com"] }),
    await leaf("an international name", issuing, { dnsNames: ["bücher.example.com", "例え.example.com"] }),
    await leaf("addresses", issuing, { ipAddresses: ["192.0.2.1", "2001:db8::1"] }),
    await leaf(
      "a SPIFFE id",
      issuing,
      { uris: ["spiffe://example.org/ns/prod/sa/web"] },
      { extendedKeyUsages: ["serverAuth", "clientAuth"] },
    ),
    await leaf("URIs", issuing, {
      uris: ["https://example.com/a?b=c#d", "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"],
    }),
    await leaf(
      "mailboxes",
      issuing,
      { emailAddresses: ["ops+certificates@example.com"] },
      { extendedKeyUsages: ["clientAuth"] },
    ),
    await leaf("one hundred names", issuing, {
      dnsNames: Array.from({ length: 100 }, (_, at) => `host-${at}.example.com`),
    }),
    await leaf("a full subject", issuing, web, {
      subject: {
        commonName: "web.example.com",
        organization: ["Beispiel & Söhne GmbH", "Second Organization"],
        organizationalUnit: "Zahlungen",
        country: "DE",
        stateOrProvince: "Bayern",
        locality: "München",
        streetAddress: ["Hauptstraße 1", "Hinterhaus"],
        postalCode: "80331",
        serialNumber: "HRB 12345",
      },
    }),
  ];
}

async function everyUse(): Promise<MatrixChain[]> {
  const issuing = await authority("Issuing", "ECDSA-P384", await authority("Root", "ECDSA-P384"));
  const csr = parseCsr(
    await createCsr({ subject: { organization: "Customer" }, names: web, key: await keyFor("customer", "RSA-3072") }),
    "csrPem",
  );
  return [
    await leaf("for clients", issuing, web, { extendedKeyUsages: ["clientAuth"] }),
    await leaf("for an unnamed use too", issuing, web, { extendedKeyUsages: ["serverAuth", "1.3.6.1.4.1.311.20.2.2"] }),
    await leaf("with every URL and a policy", issuing, web, {
      crlUrls: ["http://pki.example.com/issuing.crl"],
      issuerUrls: ["http://pki.example.com/issuing.cer"],
      ocspUrls: ["http://ocsp.example.com"],
      policies: ["2.23.140.1.2.1"],
    }),
    await leaf("with key agreement", issuing, web, { keyUsages: ["digitalSignature", "keyAgreement"] }),
    await leaf("for a request that the user brought", issuing, csr.names, {
      publicKey: csr.publicKey,
      subject: csr.subject,
    }),
    ...(await Promise.all(keyAlgorithms.map(selfSigned))),
  ];
}

async function selfSigned(algorithm: KeyAlgorithm): Promise<MatrixChain> {
  const key = await keyFor("self-signed", algorithm);
  const template = {
    subject: { commonName: "web.example.com" },
    names: web,
    publicKey: createPublicKey(key),
    notBefore: now,
    notAfter: after(90),
  };
  const { pem } = await issueCertificate(template, "self", localSigner(key));
  return {
    title: `self-signed ${algorithm}`,
    leafPem: pem,
    intermediates: [],
    rootPem: pem,
    purpose: "sslserver",
    at: after(1),
  };
}

/** Every kind of chain that can be issued. */
export async function certificateMatrix(): Promise<MatrixChain[]> {
  const groups = [await everyAlgorithm(), await everyShape(), await everyName(), await everyUse()];
  return groups.flat();
}
