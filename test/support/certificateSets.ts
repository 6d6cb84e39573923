import { certificateAuthority } from "../../sdk/provider/certificateAuthority";
import { certificateSet } from "../../sdk/provider/certificateSet";
import { type Properties, SimulatedResource, signedBy, useClock } from "./simulatedEngine";

export let root: SimulatedResource;

export const dns = (name: string, more: Properties = {}): Properties => ({
  dnsNames: [`${name}.internal.example`],
  ...more,
});
export const three = { a: dns("a"), b: dns("b"), c: dns("c", { duration: "60d" }) };

export const fleet = (members: Properties = three, more: Properties = {}): Properties => ({
  name: "project/stack/fleet",
  duration: "90d",
  renewBefore: "30d",
  members: JSON.stringify(members),
  ...signedBy(root),
  ...more,
});

export interface Contents {
  certificates: Record<string, string>;
  issued: Record<string, string>;
  chains: Record<string, string>;
  trustBundles: Record<string, string>;
  failures: Record<string, string>;
}
export const contents = (set: SimulatedResource): Contents => JSON.parse(set.outs.contentsJson);
export const keys = (set: SimulatedResource): Record<string, string> => JSON.parse(set.outs.privateKeysJson);
export const touched = (before: Contents, after: Contents): string[] =>
  Object.keys(after.certificates).filter((name) => after.certificates[name] !== before.certificates[name]);

export async function created(args: Properties = fleet()): Promise<SimulatedResource> {
  const set = new SimulatedResource(certificateSet);
  await set.up(args);
  return set;
}

/** A CA for the sets of each test, which begins at `start`. */
export function useCertificateSets(): void {
  useClock(certificateSet);
  beforeEach(async () => {
    root = new SimulatedResource(certificateAuthority);
    await root.up({ name: "project/stack/root", commonName: "Example Root" });
  });
}
