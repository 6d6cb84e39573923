import { X509Certificate, createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { rfc3339, serialOf } from "./derived";
import type { KeySpec } from "./keySpec";

/** Any certificate that can be deployed and verified: a `Certificate`, or a member of a `CertificateSet`. */
export interface DeployableCertificate {
  /** The certificate, PEM. */
  readonly certificatePem: pulumi.Output<string>;
  /** Intermediates, the issuing one first, without the root. */
  readonly chainPem: pulumi.Output<string>;
  /** The certificate followed by its chain: what servers send. */
  readonly fullChainPem: pulumi.Output<string>;
  /** Roots only: what clients trust. */
  readonly trustBundlePem: pulumi.Output<string>;
  /** The private key, PKCS#8 PEM, a secret. */
  readonly privateKeyPem: pulumi.Output<string | undefined>;
  /** RFC 3339. */
  readonly notAfter: pulumi.Output<string>;
  /** SHA-256 of the certificate, hexadecimal. */
  readonly fingerprintSha256: pulumi.Output<string>;
  /** SHA-256 of the public key's SubjectPublicKeyInfo, base64. */
  readonly spkiSha256: pulumi.Output<string>;
  /** DNS names as they stand in the certificate. */
  readonly dnsNames: pulumi.Output<string[]>;
}

/** @internal What a set has issued, by member or chain name. */
export interface SetContents {
  readonly certificates: Readonly<Record<string, string>>;
  readonly issued: Readonly<Record<string, string>>;
  readonly chains: Readonly<Record<string, string>>;
  readonly trustBundles: Readonly<Record<string, string>>;
  readonly failures: Readonly<Record<string, string>>;
}

/** @internal What is known of a member in a preview that does not know its certificate. */
export interface MemberForecast {
  readonly keySpec: () => pulumi.Output<KeySpec | undefined>;
  readonly trustBundle: () => pulumi.Output<string> | undefined;
}

/** One member of a `CertificateSet`; goes wherever a `Certificate` goes. */
export class SetMember implements DeployableCertificate {
  /** The certificate, PEM. */
  readonly certificatePem: pulumi.Output<string>;
  /** Intermediates, the issuing one first, without the root. */
  readonly chainPem: pulumi.Output<string>;
  /** The certificate followed by its chain: what servers send. */
  readonly fullChainPem: pulumi.Output<string>;
  /** Roots only: what clients trust. */
  readonly trustBundlePem: pulumi.Output<string>;
  /** The private key, PKCS#8 PEM, a secret. */
  readonly privateKeyPem: pulumi.Output<string | undefined>;
  /** RFC 3339. */
  readonly notBefore: pulumi.Output<string>;
  /** RFC 3339. */
  readonly notAfter: pulumi.Output<string>;
  /** Hexadecimal. */
  readonly serialNumber: pulumi.Output<string>;
  /** SHA-256 of the certificate, hexadecimal. */
  readonly fingerprintSha256: pulumi.Output<string>;
  /** SHA-256 of the public key's SubjectPublicKeyInfo, base64. */
  readonly spkiSha256: pulumi.Output<string>;
  /** DNS names as they stand in the certificate. */
  readonly dnsNames: pulumi.Output<string[]>;

  /** @internal What its arguments say of its key, for a preview that does not know the certificate. */
  readonly __keySpec: () => pulumi.Output<KeySpec | undefined>;
  /** @internal The roots that it will have, likewise. */
  readonly __trustBundle: () => pulumi.Output<string> | undefined;
  /** @internal The set by project, stack and name, and the member: how the provider knows it. */
  readonly __source: { readonly name: string; readonly member: string };

  /** @internal */
  constructor(
    readonly name: string,
    set: string,
    contents: pulumi.Output<SetContents | undefined>,
    privateKeys: pulumi.Output<Readonly<Record<string, string>>>,
    forecast: MemberForecast,
  ) {
    this.__keySpec = forecast.keySpec;
    this.__trustBundle = forecast.trustBundle;
    this.__source = { name: set, member: name };
    // A unit test's mocks may leave the contents out: then nothing is known of any member.
    const member = contents.apply((set) => (set === undefined ? ({} as MemberFacts) : readMember(name, set)));
    this.certificatePem = member.certificatePem;
    this.chainPem = member.chainPem;
    this.fullChainPem = member.fullChainPem;
    this.trustBundlePem = member.trustBundlePem;
    this.notBefore = member.notBefore;
    this.notAfter = member.notAfter;
    this.serialNumber = member.serialNumber;
    this.fingerprintSha256 = member.fingerprintSha256;
    this.spkiSha256 = member.spkiSha256;
    this.dnsNames = member.dnsNames;
    this.privateKeyPem = privateKeys.apply((keys) => keys[name]);
  }
}

interface MemberFacts {
  certificatePem: string;
  chainPem: string;
  fullChainPem: string;
  trustBundlePem: string;
  notBefore: string;
  notAfter: string;
  serialNumber: string;
  fingerprintSha256: string;
  spkiSha256: string;
  dnsNames: string[];
}

function readMember(name: string, { certificates, issued, chains, trustBundles, failures }: SetContents): MemberFacts {
  const certificatePem = certificates[name];
  const chain = issued[name]?.split(" ")[3] ?? "";
  if (certificatePem === undefined) {
    if (failures[name] !== undefined) return awaited;
    throw noMember(name, Object.keys(certificates));
  }
  const certificate = new X509Certificate(certificatePem);
  const spki = certificate.publicKey.export({ type: "spki", format: "der" });
  const chainPem = chains[chain] ?? "";
  return {
    certificatePem,
    chainPem,
    fullChainPem: certificatePem + chainPem,
    trustBundlePem: trustBundles[chain] ?? certificatePem,
    notBefore: rfc3339(certificate.validFrom),
    notAfter: rfc3339(certificate.validTo),
    serialNumber: serialOf(certificate),
    fingerprintSha256: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
    spkiSha256: createHash("sha256").update(spki).digest("base64"),
    dnsNames: (certificate.subjectAltName ?? "")
      .split(", ")
      .flatMap((entry) => (entry.startsWith("DNS:") ? [entry.slice(4)] : [])),
  };
}

/** Of a member that awaits its first issuance. */
const awaited: MemberFacts = {
  certificatePem: "",
  chainPem: "",
  fullChainPem: "",
  trustBundlePem: "",
  notBefore: "",
  notAfter: "",
  serialNumber: "",
  fingerprintSha256: "",
  spkiSha256: "",
  dnsNames: [],
};

/** Without its stack, which Node prints for minutes when it leads through the SDK's sources. */
function noMember(name: string, present: readonly string[]): Error {
  const message = `The set has no member "${name}"; it has ${present.slice(0, 10).join(", ") || "none"}.`;
  const error = new pulumi.RunError(message);
  error.stack = message;
  return error;
}
