/** A tool that renews a certificate by itself, so that two would renew it. */
export interface Manager {
  /** "certbot", "cert-manager", … */
  readonly tool: string;
  /** What says so: a file, an annotation. */
  readonly evidence: string;
  /** How to make it stop, in one sentence. */
  readonly stop: string;
}

/** The ACME account that a tool ordered a certificate with. */
export interface AccountFound {
  /** In the words of the source: `certbot account 0123…`. */
  readonly origin: string;
  /** URL of the directory. */
  readonly directory: string;
  /** The file with its private key, a JSON Web Key or PEM. */
  readonly keyPath: string;
  readonly email?: string;
}

/** A certificate that a source found; whether it can be taken over is decided in `consider.ts`. */
export interface Found {
  /** Where, in the words of the source: `certbot lineage web.example.com`. */
  readonly origin: string;
  /** The certificate, followed by its chain. */
  readonly pem: string;
  /** The file that holds `pem`; without one it is written beside the program. */
  readonly certificatePath?: string;
  readonly privateKeyPath?: string;
  /** A key that stands in no file. It never enters the program; it is written to the key folder if there is one. */
  readonly privateKeyPem?: string;
  readonly managedBy?: Manager;
  /** How its names were proved, as the tool calls it: `webroot`, `dns-cloudflare`. */
  readonly authenticator?: string;
  /** The folder that answers were written to. */
  readonly webroot?: string;
  /** The ACME account that ordered it. */
  readonly account?: AccountFound;
  /** The ACME directory that it came from: what such a CA decides is not asked for. */
  readonly directory?: string;
  /** Carried over from the tool's own settings. */
  readonly renewBefore?: string;
  readonly keepsKey?: boolean;
}

/** What is not taken over, and why. */
export interface Refusal {
  readonly origin: string;
  readonly reason: string;
}

/** What a source found. */
export interface Findings {
  readonly found: readonly Found[];
  readonly refused: readonly Refusal[];
}

/** Sorts findings of single places into both lists. */
export function findings(each: readonly (Found | Refusal)[]): Findings {
  return {
    found: each.filter((one): one is Found => "pem" in one),
    refused: each.filter((one): one is Refusal => "reason" in one),
  };
}
