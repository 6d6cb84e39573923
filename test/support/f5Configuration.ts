import { createHash, createPrivateKey, X509Certificate } from "node:crypto";

/** What iControl REST answers with a status from 400 on: `{ code, message, errorStack, apiError }`. */
export class F5Error extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly apiError = 3,
  ) {
    super(message);
  }
}

export interface F5File {
  readonly content: string;
  readonly createTime: string;
}

export interface F5CertKeyChain {
  readonly name: string;
  readonly cert: string;
  readonly key: string;
  readonly chain?: string;
  readonly passphrase?: string;
}

export interface F5Profile {
  readonly settings: Readonly<Record<string, unknown>>;
  /** Undefined while it has the certificate of its parent profile. */
  readonly certKeyChain?: readonly F5CertKeyChain[];
}

export interface F5DataGroup {
  readonly type: string;
  readonly description?: string;
  readonly records: readonly { readonly name: string; readonly data?: string }[];
}

/** The running configuration, by full paths. It is replaced as a whole, so that a transaction is all or nothing. */
export interface F5Configuration {
  readonly certs: ReadonlyMap<string, F5File>;
  readonly keys: ReadonlyMap<string, F5File>;
  readonly profiles: ReadonlyMap<string, F5Profile>;
  readonly dataGroups: ReadonlyMap<string, F5DataGroup>;
}

export const defaultEntry: F5CertKeyChain = {
  name: "default",
  cert: "/Common/default.crt",
  key: "/Common/default.key",
};

/** The entries that a profile uses. */
export function entriesOf(profile: F5Profile): readonly F5CertKeyChain[] {
  return profile.certKeyChain ?? [defaultEntry];
}

/** As BIG-IP validates a configuration before it takes it up, with the messages of its log. */
export function assertValid(configuration: F5Configuration, before: F5Configuration): void {
  for (const [name, profile] of configuration.profiles)
    if (!isUntouched(configuration, before, name)) assertValidProfile(configuration, name, profile);
}

function isUntouched(after: F5Configuration, before: F5Configuration, name: string): boolean {
  const profile = after.profiles.get(name);
  if (profile === undefined || before.profiles.get(name) !== profile) return false;
  return entriesOf(profile).every(
    ({ cert, key, chain = "" }) =>
      after.certs.get(cert) === before.certs.get(cert) &&
      after.keys.get(key) === before.keys.get(key) &&
      after.certs.get(chain) === before.certs.get(chain),
  );
}

function assertValidProfile({ certs, keys }: F5Configuration, name: string, profile: F5Profile): void {
  const types = new Set<string>();
  for (const { cert, key, chain } of entriesOf(profile)) {
    const [certFile, keyFile] = [certs.get(cert), keys.get(key)];
    if (certFile === undefined) throw new F5Error(400, `0107134a:3: File object by name (${cert}) is missing.`);
    if (keyFile === undefined) throw new F5Error(400, `01070277:3: The requested key (${key}) was not found.`);
    if (chain !== undefined && !certs.has(chain))
      throw new F5Error(400, `0107134a:3: File object by name (${chain}) is missing.`);
    const privateKey = createPrivateKey(keyFile.content);
    if (!new X509Certificate(certFile.content).checkPrivateKey(privateKey))
      throw new F5Error(400, `01070317:3: profile ${name}'s key and certificate do not match`);
    const type = privateKey.asymmetricKeyType ?? "";
    if (types.has(type)) {
      const problem = "cannot contain more than one set of same certificate/key type.";
      throw new F5Error(400, `010717e1:3: Client SSL profile (${name}): ${problem}`);
    }
    types.add(type);
  }
}

/** The profiles that use a file. */
export function usersOf({ profiles }: F5Configuration, file: string): string[] {
  return [...profiles]
    .filter(([, profile]) => entriesOf(profile).some(({ cert, key, chain }) => [cert, key, chain].includes(file)))
    .map(([name]) => name);
}

/** Reads what is to be installed as a key; it takes RSA, ECDSA and DSA. */
export function assertKey(content: string): void {
  let type: string | undefined;
  try {
    type = createPrivateKey(content).asymmetricKeyType;
  } catch {
    throw new F5Error(400, "Key management library returned bad status: -4, Invalid Key.", 26);
  }
  if (!["rsa", "ec", "dsa"].includes(type ?? ""))
    throw new F5Error(400, "Key management library returned bad status: -34, Unsupported key type.", 26);
}

export function assertCertificate(content: string): void {
  try {
    new X509Certificate(content);
  } catch {
    throw new F5Error(400, "Key management library returned bad status: -4, Invalid Certificate.", 26);
  }
}

/** The properties of a key that the API shows; its content is not among them. */
export function shownKey(fullPath: string, { content, createTime }: F5File): Record<string, unknown> {
  const key = createPrivateKey(content);
  const type = key.asymmetricKeyType ?? "";
  return {
    kind: "tm:sys:file:ssl-key:ssl-keystate",
    ...namesOf(fullPath),
    checksum: checksumOf(content),
    createTime,
    curveName: key.asymmetricKeyDetails?.namedCurve ?? "none",
    keyType: `${type}-private`,
    securityType: "normal",
    size: content.length,
  };
}

export function shownCertificate(fullPath: string, { content, createTime }: F5File): Record<string, unknown> {
  const certificate = new X509Certificate(content);
  const count = content.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0;
  return {
    kind: "tm:sys:file:ssl-cert:ssl-certstate",
    ...namesOf(fullPath),
    checksum: checksumOf(content),
    createTime,
    expirationDate: Date.parse(certificate.validTo) / 1000,
    expirationString: certificate.validTo,
    fingerprint: `SHA256/${certificate.fingerprint256}`,
    isBundle: String(count > 1),
    issuer: certificate.issuer.replaceAll("\n", ","),
    keyType: `${certificate.publicKey.asymmetricKeyType ?? ""}-public`,
    serialNumber: certificate.serialNumber,
    subject: certificate.subject.replaceAll("\n", ","),
  };
}

export function shownProfile(fullPath: string, profile: F5Profile): Record<string, unknown> {
  const entries = entriesOf(profile);
  const [first] = entries;
  return {
    kind: "tm:ltm:profile:client-ssl:client-sslstate",
    ...namesOf(fullPath),
    ...profile.settings,
    cert: first?.cert,
    key: first?.key,
    chain: first?.chain ?? "none",
    certKeyChain: entries,
    inheritCertkeychain: String(profile.certKeyChain === undefined),
  };
}

export function shownDataGroup(fullPath: string, { type, description, records }: F5DataGroup): Record<string, unknown> {
  return {
    kind: "tm:ltm:data-group:internal:internalstate",
    ...namesOf(fullPath),
    type,
    ...(description !== undefined && { description }),
    ...(records.length > 0 && { records }),
  };
}

function namesOf(fullPath: string): Record<string, unknown> {
  return { name: fullPath.split("/").at(-1), partition: fullPath.split("/")[1], fullPath };
}

function checksumOf(content: string): string {
  return `SHA1:${content.length}:${createHash("sha1").update(content).digest("hex")}`;
}
