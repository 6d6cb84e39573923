import type { CertificateDescription } from "../../targets/describedCertificate";
import type { Credentials } from "../define";
import { type CertificateSource, describedIn, keptIn } from "../runCertificates";
import { isUnknown } from "../unknown";
import type { PassedInputs } from "./inputs";
import { type MemberMaterial, type Seen, materialsOf, seenOf } from "./materials";

/** What is known of a member's certificate in a check. */
export interface Known {
  /** Undefined if this run is about to replace it. */
  readonly seen?: Seen;
  readonly material?: MemberMaterial;
  /** What is known of it before it is issued. */
  readonly described?: CertificateDescription | undefined;
}

/**
 * Looks up members' certificates, as far as they are known: in the preview that renews one of them the outputs of all
 * are not, but what their resources said in this run is. Undefined for a name that no certificate has.
 */
export function lookUp(
  { source, fingerprints }: PassedInputs,
  credentials: Credentials,
  deployed: ReadonlyMap<string, Seen> | undefined,
): (name: string) => Known | undefined {
  const materials = materialsOf(credentials);
  return (name) => {
    if (materials !== undefined) {
      const material = materials.get(name);
      return material && { seen: seenOf(material), material };
    }
    const from = sourceOf(source, name);
    const kept = keptIn(from);
    if (kept !== undefined) {
      const { privateKeyPem, ...material } = kept;
      return { seen: seenOf(kept), material: { ...material, ...(privateKeyPem !== undefined && { privateKeyPem }) } };
    }
    const before = deployed?.get(name);
    const fingerprint = fingerprints?.[name];
    if (before !== undefined && fingerprint === before.fingerprintSha256 && !isUnknown(fingerprint))
      return { seen: before };
    return { described: describedIn(from) };
  };
}

/** The resource that a member's certificate comes from. */
export function sourceOf(source: PassedInputs["source"], name: string): CertificateSource | undefined {
  if (source === undefined) return undefined;
  return typeof source.name === "string" ? { name: source.name, member: name } : (source as Sources)[name];
}

type Sources = Readonly<Record<string, CertificateSource>>;
