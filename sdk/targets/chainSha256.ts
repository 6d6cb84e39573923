import { createHash } from "node:crypto";

/** Tells whether what goes with a certificate changed: its chain and its trust bundle, which are public. */
export function chainSha256(chainPem: string | undefined, trustBundlePem: string | undefined): string {
  return createHash("sha256")
    .update([chainPem, trustBundlePem].map((text) => text ?? "").join("\0"))
    .digest("hex");
}
