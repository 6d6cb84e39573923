import * as pulumi from "@pulumi/pulumi";
import { plainStacks } from "./plainStacks";
import { typeToken, wireInputs, wireOptions } from "./handler";
import type { Issuer, IssuerWire } from "./issuer";
import { noteAccount } from "./orderForecast";
import type { SolverArgs } from "./solvers";
import { announceTimeTravel } from "./warnings";

/** Arguments of an {@link AcmeAccount}. */
export interface AcmeAccountArgs {
  /**
   * The CA: `letsencrypt`, `letsencrypt-staging`, `google`, `google-staging`, `zerossl`, `sslcom`, `actalis` or the
   * https URL of its directory (RFC 8555, 7.1.1). Changing it **registers** a new account there, and **re-issues** in
   * the same run every certificate of this account; the old account and what it issued stay valid.
   */
  directory: pulumi.Input<string>;
  /** Where the CA may write to. Changing it **updates in place**. @default no contact */
  email?: pulumi.Input<string>;
  /** Several addresses, besides `email`. Changing them **updates in place**. @default none */
  contacts?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * That you agree to the CA's terms of service (RFC 8555, 7.3). With `false` an account is made only where the CA asks for
   * no agreement, or taken over. Changing it to `true` **updates in place** and agrees to them as they are now (7.3.3);
   * it cannot be changed back. @default true
   */
  termsOfServiceAgreed?: pulumi.Input<boolean>;
  /**
   * Binds the account to yours at the CA (RFC 8555, 7.3.4). `hmacKey` is base64url and write-only. Used once, when the
   * account is registered. Changing it does nothing to an account that exists. @default none
   */
  externalAccountBinding?: { keyId: pulumi.Input<string>; hmacKey: pulumi.Input<string> };
  /**
   * The account's private key, PEM: takes over the account that exists for it, or registers one. Another key **rolls
   * the account over** to it (RFC 8555, 7.3.5). @default a key is made
   */
  privateKeyPem?: pulumi.Input<string>;
  /** `ECDSA-P256`, `ECDSA-P384` or an RSA size such as `RSA-2048`, for a key that is made. Changing it takes effect with the next key. @default `ECDSA-P256` */
  keyAlgorithm?: pulumi.Input<"ECDSA-P256" | "ECDSA-P384" | "RSA-2048" | "RSA-3072" | "RSA-4096">;
  /** Counts the keys of the account. Changing it **rolls the account over** to a new key; no certificate is touched. @default 1 */
  generation?: pulumi.Input<number>;
  /**
   * The profile to order (draft-ietf-acme-profiles), one of those that the CA's directory names. A certificate may say
   * another. Changing it **re-issues** the certificates. @default the CA's own default
   */
  profile?: pulumi.Input<string>;
  /**
   * Which of the chains that the CA offers to take: the common name of the root or of another certificate in it. A
   * certificate may say another. Changing it **re-issues** the certificates. @default the CA's first
   */
  preferredChain?: pulumi.Input<string>;
  /** Roots to trust, PEM, for an ACME server with a private root. Changing it **updates in place**. @default those of Node.js */
  caBundlePem?: pulumi.Input<string>;
  /**
   * How control of names is proved: for each name the solver with the most specific selector is taken; equally
   * specific ones are tried in order. Their secrets are write-only. Changing them issues nothing. @default none
   */
  solvers?: SolverArgs[];
  /**
   * What the CA limits, where you know better than its published numbers: a limit that was raised for you, or those of
   * a CA that publishes none. Changing it issues nothing; it counts from the next order on.
   * @default what Let's Encrypt publishes, and no limit at other CAs
   */
  rateLimits?: pulumi.Input<RateLimitArgs>;
  /** How much of the CA's limits this stack may use. Changing it issues nothing. @default all of them */
  rateBudget?: pulumi.Input<RateBudgetArgs>;
  /** Deactivates the account at the CA when the resource is deleted (RFC 8555, 7.3.6). Changing it **updates in place**. @default false */
  deactivateOnDelete?: pulumi.Input<boolean>;
}

/** So many in so much time; what was used comes back one by one over that time. */
export interface RateLimitArg {
  /** How many. */
  count: pulumi.Input<number>;
  /** In which time, a duration such as `7d`. */
  per: pulumi.Input<string>;
}

/** What a CA limits; `false` is no limit. */
export interface RateLimitArgs {
  /** New orders of the account. Changing it counts from the next order on. @default as `rateLimits` says */
  orders?: pulumi.Input<RateLimitArg | false>;
  /** New certificates for names of one registered domain. Changing it counts from the next order on. @default as `rateLimits` says */
  domain?: pulumi.Input<RateLimitArg | false>;
  /** Certificates for exactly the same names. Changing it counts from the next order on. @default as `rateLimits` says */
  names?: pulumi.Input<RateLimitArg | false>;
}

/** How much of what a CA allows may be used. */
export interface RateBudgetArgs {
  /** This stack's part of the CA's limits, such as `0.5`, where other stacks order for the same domains or account. Changing it counts from the next order on. @default 1 */
  share?: pulumi.Input<number>;
}

const outputs = ["accountUrl", "directoryUrl", "privateKeyPem", "status", "profiles", "suggestsRenewals"];

/**
 * An account at an ACME CA (RFC 8555), and how control of names is proved to it: an issuer of certificates.
 *
 * The account is registered by the first `pulumi up`. It does not expire; a refresh notices that it was deactivated,
 * and the next run registers a new one. Its private key stands in this resource's state, encrypted, and nowhere else.
 * Deleting the resource leaves the account at the CA as it is, unless `deactivateOnDelete`.
 *
 * @example
 * const account = new AcmeAccount("letsencrypt", {
 *   directory: "letsencrypt-staging",
 *   email: "pki@example.com",
 *   solvers: [{ http01: standalone({ port: 80 }) }],
 * });
 * const web = new Certificate("web", { issuer: account, dnsNames: ["web.example.com"], renewBefore: "30%" });
 */
export class AcmeAccount extends pulumi.CustomResource implements Issuer {
  /** @internal */
  static readonly __pulumiType = typeToken("AcmeAccount");

  /** The account's URL at the CA. */
  declare readonly accountUrl: pulumi.Output<string>;
  /** Of the CA's directory. */
  declare readonly directoryUrl: pulumi.Output<string>;
  /** The account's private key, PKCS#8 PEM, a secret. */
  declare readonly privateKeyPem: pulumi.Output<string>;
  /** `valid`, `deactivated` or `revoked`; `unknown` if the CA has no such account any more. */
  declare readonly status: pulumi.Output<string>;
  /** The profiles that the CA offers. */
  declare readonly profiles: pulumi.Output<string[] | undefined>;
  /** Whether the CA says when to renew (RFC 9773). */
  declare readonly suggestsRenewals: pulumi.Output<boolean>;

  /** @internal What whoever takes the account over is to know of it: a controller in a cluster. */
  readonly __args: AcmeAccountArgs;

  readonly #wire: IssuerWire;

  constructor(name: string, args: AcmeAccountArgs, options?: pulumi.CustomResourceOptions) {
    const { email, contacts, externalAccountBinding: binding, privateKeyPem, solvers = [], ...rest } = args;
    const { profile, preferredChain, ...account } = rest;
    const solversText = pulumi.secret(pulumi.jsonStringify(solvers));
    const inputs = {
      ...account,
      ...((email ?? contacts) !== undefined && { contacts: allContacts(email, contacts) }),
      ...(binding && { externalAccountBinding: { keyId: binding.keyId } }),
      credentials: {
        ...(privateKeyPem !== undefined && { account: pulumi.secret({ privateKeyPem }) }),
        ...(binding && { externalAccountBinding: pulumi.secret({ hmacKey: binding.hmacKey }) }),
        ...(solvers.length > 0 && { solvers: solversText }),
      },
    };
    const registered = plainStacks();
    super(
      AcmeAccount.__pulumiType,
      name,
      wireInputs("AcmeAccount", name, inputs, outputs),
      wireOptions(options, ["privateKeyPem"]),
    );
    registered();
    this.__args = args;
    announceTimeTravel();
    const { accountUrl, privateKeyPem: accountKeyPem, directoryUrl, profiles } = this;
    const { caBundlePem, rateLimits, rateBudget } = args;
    const limits = { rateLimits, rateBudget };
    const text = pulumi.jsonStringify({ directoryUrl, accountUrl, accountKeyPem, profiles, caBundlePem, ...limits });
    noteAccount(args.directory, rateLimits, rateBudget);
    this.#wire = {
      issuer: { kind: "acme", resource: this.urn, directory: args.directory, ...(caBundlePem && { hasOwnRoot: true }) },
      credentials: { issuer: pulumi.secret(text), solvers: solversText },
      directory: args.directory,
      defaults: { ...(profile && { profile }), ...(preferredChain && { preferredChain }) },
    };
  }

  /** @internal */
  issuerInputs(): IssuerWire {
    return this.#wire;
  }
}

function allContacts(
  email: pulumi.Input<string> | undefined,
  contacts: pulumi.Input<pulumi.Input<string>[]> = [],
): pulumi.Input<string[]> {
  return pulumi.all([email, contacts]).apply(([first, more]) => [...(first ? [first] : []), ...more]);
}
