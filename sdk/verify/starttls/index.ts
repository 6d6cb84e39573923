import { postgresql } from "./postgresql";
import type { Preamble } from "./preamble";
import { smtp } from "./smtp";

/** Every protocol that starts in clear text and upgrades to TLS. A new one is one file and one line here. */
export const preambles = [smtp, postgresql] as const;

/** The protocols of {@link preambles}. */
export type StartTlsProtocol = (typeof preambles)[number]["protocol"];

export function findPreamble(protocol: string): Preamble | undefined {
  return preambles.find((preamble) => preamble.protocol === protocol);
}
