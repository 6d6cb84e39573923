import { AcmeError } from "../../acme/problem";
import { redact } from "../../net/redact";

const shownLength = 300;

/** A service as messages about it need it. */
export interface NamedService {
  /** Such as `Cloudflare`. */
  readonly name: string;
  /** What the credentials must be allowed to do, and where that is set. Ends with a full stop. */
  readonly rights: string;
  /** Texts that no message may show. */
  readonly secrets: readonly string[];
}

/** The credentials are wrong or may not do this. */
export function credentialsRefused(service: NamedService, doing: string, said: string): AcmeError {
  return new AcmeError(
    `${service.name} refused the credentials, or their rights do not suffice, to ${doing}${quoted(service, said)}`,
    "fatal",
    { hint: service.rights },
  );
}

/** No zone of the account holds the name. */
export function zoneMissing(service: NamedService, name: string): AcmeError {
  return new AcmeError(`${service.name} shows these credentials no zone that holds ${name}.`, "fatal", {
    hint: `Add the zone there, or use the solver of the service that has it, by dnsZones. ${service.rights}`,
  });
}

/** The service is overloaded, unwell or out of reach. */
export function unavailable(
  service: NamedService,
  doing: string,
  said: string,
  details: { readonly retryAt?: number; readonly cause?: unknown } = {},
): AcmeError {
  const message = `${service.name} did not ${doing}${quoted(service, said)}`;
  return new AcmeError(message, "retryLater", { hint: "The next run tries again.", ...details });
}

/** An answer that is none of the above. */
export function unexpected(service: NamedService, doing: string, said: string, cause?: unknown): AcmeError {
  return new AcmeError(`${service.name} did not ${doing}${quoted(service, said)}`, "retryLater", {
    ...(cause !== undefined && { cause }),
  });
}

function quoted({ secrets }: NamedService, said: string): string {
  const text = redact(said, secrets).replace(/\s+/g, " ").trim();
  return text === ""
    ? "."
    : `: ${text.length > shownLength ? `${text.slice(0, shownLength)}…` : text.replace(/\.?$/, ".")}`;
}
