import { X509Certificate, createHash } from "node:crypto";
import { parseIssued } from "../../lifecycle/setSchedule";
import { chainSha256 } from "../../targets/chainSha256";
import type { Credentials } from "../define";

/** A member's certificate as it passes through a run. */
export interface MemberMaterial {
  /** Empty while it awaits its first issuance. */
  readonly certificatePem: string;
  readonly chainPem?: string;
  readonly trustBundlePem?: string;
  readonly privateKeyPem?: string;
  /** As they stand in the certificate. */
  readonly dnsNames: readonly string[];
}

/** What tells a member's certificate from another one; the fingerprint is empty while it awaits its first issuance. */
export interface Seen {
  readonly fingerprintSha256: string;
  readonly chainSha256: string;
}

/** What a `CertificateSet` says that it issued. */
interface SetContents {
  readonly certificates: Readonly<Record<string, string>>;
  readonly issued: Readonly<Record<string, string>>;
  readonly chains: Readonly<Record<string, string>>;
  readonly trustBundles: Readonly<Record<string, string>>;
  readonly failures: Readonly<Record<string, string>>;
}

/** Certificates of their own, by name. */
interface SingleCertificates {
  readonly members: Readonly<Record<string, Omit<MemberMaterial, "dnsNames" | "privateKeyPem">>>;
}

const known = new WeakMap<Credentials, ReadonlyMap<string, MemberMaterial>>();

/** Undefined where the certificates are not known, as in the preview that issues one of them. */
export function materialsOf(credentials: Credentials): ReadonlyMap<string, MemberMaterial> | undefined {
  const { contents, privateKeys } = credentials as { contents?: string; privateKeys?: string };
  if (contents === undefined) return undefined;
  let materials = known.get(credentials);
  if (materials === undefined) {
    const keys = JSON.parse(privateKeys ?? "{}") as Record<string, string>;
    materials = new Map(read(JSON.parse(contents) as SetContents | SingleCertificates, keys));
    known.set(credentials, materials);
  }
  return materials;
}

function* read(
  contents: SetContents | SingleCertificates,
  keys: Readonly<Record<string, string>>,
): Generator<[string, MemberMaterial]> {
  const withKey = (name: string): { privateKeyPem?: string } => {
    const privateKeyPem = keys[name];
    return privateKeyPem === undefined ? {} : { privateKeyPem };
  };
  if ("members" in contents) {
    for (const [name, given] of Object.entries(contents.members)) yield [name, lazily({ ...given, ...withKey(name) })];
    return;
  }
  const { certificates, issued, chains, trustBundles, failures } = contents;
  for (const name of Object.keys(failures)) {
    if (certificates[name] === undefined) yield [name, { certificatePem: "", dnsNames: [] }];
  }
  for (const [name, certificatePem] of Object.entries(certificates)) {
    const { chain } = parseIssued(issued[name] ?? "0");
    const chainPem = chains[chain] ?? "";
    const trustBundlePem = trustBundles[chain] ?? certificatePem;
    yield [name, lazily({ certificatePem, chainPem, trustBundlePem, ...withKey(name) })];
  }
}

/** A certificate is read for its names only where they are asked for. */
function lazily(material: Omit<MemberMaterial, "dnsNames">): MemberMaterial {
  return {
    ...material,
    get dnsNames() {
      return material.certificatePem === "" ? [] : dnsNamesOf(material.certificatePem);
    },
  };
}

function dnsNamesOf(certificatePem: string): string[] {
  const { subjectAltName = "" } = new X509Certificate(certificatePem);
  return subjectAltName.split(", ").flatMap((entry) => (entry.startsWith("DNS:") ? [entry.slice(4)] : []));
}

/** What of a certificate tells that it is another one. */
export function seenOf({
  certificatePem,
  chainPem,
  trustBundlePem,
}: Pick<MemberMaterial, "certificatePem" | "chainPem" | "trustBundlePem">): Seen {
  const der = certificatePem.replaceAll(/-----[A-Z ]+-----|\s/g, "");
  return {
    fingerprintSha256: der === "" ? "" : createHash("sha256").update(Buffer.from(der, "base64")).digest("hex"),
    chainSha256: chainSha256(chainPem, trustBundlePem),
  };
}
