import { day, hour } from "../duration";

export interface ProfileFacts {
  /** Milliseconds. Later entries hold for what is issued from their day on (milliseconds since 1970). */
  readonly lifetimes: readonly { readonly from: number; readonly lifetimeMs: number }[];
  readonly mostNames: number;
  /** Whether RSA certificates come without the usage `keyEncipherment`. @default false */
  readonly withoutKeyEncipherment?: true;
}

/** An ACME CA that can be given by its name. */
export interface KnownDirectory {
  readonly name: string;
  readonly url: string;
  /** Whether it creates an account only for a customer (RFC 8555, 7.3.4). */
  readonly externalAccountRequired: boolean;
  /** Whether an order may choose the end of the certificate. */
  readonly takesNotAfter: boolean;
  /** Whether clients trust what it issues. A staging CA is not trusted. */
  readonly isTrusted: boolean;
  /** By name; the first is what an order without a profile gets. Empty where the CA offers none. */
  readonly profiles: Readonly<Record<string, ProfileFacts>>;
}

const always = 0;

/** https://letsencrypt.org/docs/profiles/ */
const letsEncryptProfiles: Readonly<Record<string, ProfileFacts>> = {
  classic: {
    lifetimes: [
      { from: always, lifetimeMs: 90 * day },
      { from: Date.parse("2027-02-10"), lifetimeMs: 64 * day },
      { from: Date.parse("2028-02-16"), lifetimeMs: 45 * day },
    ],
    mostNames: 100,
  },
  tlsserver: { lifetimes: [{ from: always, lifetimeMs: 45 * day }], mostNames: 25, withoutKeyEncipherment: true },
  shortlived: { lifetimes: [{ from: always, lifetimeMs: 160 * hour }], mostNames: 25, withoutKeyEncipherment: true },
};

const ca = (name: string, url: string, facts: Partial<KnownDirectory> = {}): KnownDirectory => ({
  name,
  url,
  externalAccountRequired: true,
  takesNotAfter: false,
  isTrusted: true,
  profiles: {},
  ...facts,
});

export const knownDirectories: readonly KnownDirectory[] = [
  ca("letsencrypt", "https://acme-v02.api.letsencrypt.org/directory", {
    externalAccountRequired: false,
    profiles: letsEncryptProfiles,
  }),
  ca("letsencrypt-staging", "https://acme-staging-v02.api.letsencrypt.org/directory", {
    externalAccountRequired: false,
    isTrusted: false,
    profiles: letsEncryptProfiles,
  }),
  ca("google", "https://dv.acme-v02.api.pki.goog/directory", { takesNotAfter: true }),
  ca("google-staging", "https://dv.acme-v02.test-api.pki.goog/directory", { takesNotAfter: true, isTrusted: false }),
  ca("zerossl", "https://acme.zerossl.com/v2/DV90"),
  // SSL.com signs keys of one kind at each of its directories.
  ca("sslcom", "https://acme.ssl.com/sslcom-dv-ecc"),
  ca("sslcom-rsa", "https://acme.ssl.com/sslcom-dv-rsa"),
  ca("actalis", "https://acme-api.actalis.com/acme/directory"),
  ca("sectigo", "https://acme.sectigo.com/v2/DV"),
  ca("globalsign", "https://emea.acme.atlas.globalsign.com/directory"),
];

/** What is known of an ACME CA, by its name or the URL of its directory. */
export function knownDirectory(nameOrUrl: string): KnownDirectory | undefined {
  const url = nameOrUrl.replace(/\/$/, "");
  return knownDirectories.find((each) => each.name === nameOrUrl || each.url === url);
}
