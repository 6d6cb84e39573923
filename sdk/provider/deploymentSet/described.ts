import { within } from "../../errors";
import { assertNamed } from "../../verify/serverName";
import type { Credentials } from "../define";
import { openTarget } from "../deployment/material";
import { assertEndpoints } from "../endpoints";
import { type CertificateSource, describedIn } from "../runCertificates";
import type { MemberTargets, PassedInputs } from "./inputs";

/** The resource that a member's certificate comes from. */
export function sourceOf(source: PassedInputs["source"], name: string): CertificateSource | undefined {
  if (source === undefined) return undefined;
  return typeof source.name === "string" ? { name: source.name, member: name } : (source as Sources)[name];
}

type Sources = Readonly<Record<string, CertificateSource>>;

/** What targets would refuse of certificates that this run is about to issue, as far as it is known in its preview. */
export function assertDescribed(
  names: readonly string[],
  targets: MemberTargets,
  { source, credentials }: Pick<PassedInputs, "source"> & { readonly credentials: Credentials },
): void {
  for (const name of names) {
    const member = targets[name];
    const described = describedIn(sourceOf(source, name));
    if (member === undefined || described === undefined) continue;
    const its = (credentials.targets as Record<string, Credentials> | undefined)?.[name];
    within(`certificates["${name}"]`, () => {
      const { kind, spec } = openTarget(member.target, its);
      kind.acceptDescribed?.(spec, described);
      if (described.dnsNames === undefined || member.endpoints === undefined) return;
      assertEndpoints(member.endpoints, described.dnsNames, its ?? {});
      assertNamed(member.endpoints, described.dnsNames);
    });
  }
}
