import type { Challenge, Identifier } from "../../sdk/acme/challenge";
import { type AcmeClientOptions, AcmeClient } from "../../sdk/acme/client";
import type { OrderHooks } from "../../sdk/acme/order";
import { generatePrivateKey } from "../../sdk/keys/generate";
import { privateKeyToPem } from "../../sdk/keys/pem";
import { createCsr } from "../../sdk/x509/csr";
import { decodePem } from "../../sdk/x509/pem";
import type { Challtestsrv } from "./challtestsrv";
import type { OrderRequest } from "../../sdk/acme/orderRequest";

export const newKeyPem = async (algorithm: "ECDSA-P256" | "ECDSA-P384" | "RSA-2048" = "ECDSA-P256"): Promise<string> =>
  privateKeyToPem(await generatePrivateKey(algorithm));

/** A client with a key of its own; without an account until one is created. */
export async function clientOf(
  server: { readonly directoryUrl: string; readonly caBundlePem: string },
  options: Partial<AcmeClientOptions> = {},
): Promise<AcmeClient> {
  return new AcmeClient({
    directoryUrl: server.directoryUrl,
    caBundlePem: server.caBundlePem,
    accountKeyPem: await newKeyPem(),
    signal: new AbortController().signal,
    ...options,
  });
}

/** A client with an account. */
export async function registeredClient(
  server: { readonly directoryUrl: string; readonly caBundlePem: string },
  options: Partial<AcmeClientOptions> = {},
): Promise<AcmeClient> {
  const client = await clientOf(server, options);
  await client.createAccount({ contacts: [], termsOfServiceAgreed: true });
  return client;
}

export const identifiersOf = (...names: string[]): Identifier[] =>
  names.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? "ip" : "dns", value }));

export interface PreparedOrder extends OrderRequest {
  readonly privateKeyPem: string;
}

/** What to order for names and addresses, with a new key. */
export async function requestFor(...names: string[]): Promise<PreparedOrder> {
  const identifiers = identifiersOf(...names);
  const key = await generatePrivateKey("ECDSA-P256");
  const valuesOf = (type: string): string[] => identifiers.filter((one) => one.type === type).map(({ value }) => value);
  const csr = await createCsr({
    subject: {},
    names: { dnsNames: valuesOf("dns"), ipAddresses: valuesOf("ip") },
    key,
  });
  return {
    identifiers,
    csrDer: decodePem(csr, ["CERTIFICATE REQUEST"], "csr"),
    privateKeyPem: privateKeyToPem(key),
  };
}

export interface Witness extends OrderHooks {
  /** URLs of the orders placed. */
  readonly orders: string[];
  /** Challenges whose answers are in place now, and those that ever were. */
  readonly standing: Set<Challenge>;
  readonly proved: Challenge[];
}

/** Answers challenges of one type through challtestsrv, and keeps record. A hook can be replaced to make it fail. */
export function hooksOf(
  challtest: Challtestsrv,
  type: "http-01" | "dns-01" | "tls-alpn-01",
  spoil: { placed?: () => void; prove?: () => void; ready?: () => void | Promise<void>; remove?: () => void } = {},
): Witness {
  const orders: string[] = [];
  const standing = new Set<Challenge>();
  const proved: Challenge[] = [];
  return {
    orders,
    standing,
    proved,
    placed: ({ url }) => {
      orders.push(url);
      spoil.placed?.();
    },
    prove: async (offered) => {
      spoil.prove?.();
      const challenge = offered.find((each) => each.type === type);
      if (challenge === undefined) throw new Error(`no ${type} offered`);
      await put(challtest, challenge);
      standing.add(challenge);
      proved.push(challenge);
      return {
        challenge,
        answer: {
          ready: async () => spoil.ready?.(),
          remove: async () => {
            await take(challtest, challenge);
            standing.delete(challenge);
            spoil.remove?.();
          },
        },
      };
    },
  };
}

function put(challtest: Challtestsrv, challenge: Challenge): Promise<void> {
  const { type, identifier, token, keyAuthorization, digest } = challenge;
  if (type === "http-01") return challtest.addHttp01(token, keyAuthorization);
  if (type === "tls-alpn-01") return challtest.addTlsAlpn01(identifier.value, keyAuthorization);
  return challtest.setTxt(`_acme-challenge.${identifier.value}`, digest);
}

function take(challtest: Challtestsrv, { type, identifier, token }: Challenge): Promise<void> {
  if (type === "http-01") return challtest.delHttp01(token);
  if (type === "tls-alpn-01") return challtest.delTlsAlpn01(identifier.value);
  return challtest.clearTxt(`_acme-challenge.${identifier.value}`);
}
