import { Agent } from "node:https";
import * as acme from "acme-client";
import type { Pebble } from "./pebble";

export interface PlainOrder {
  readonly directoryUrl: string;
  readonly dnsName: string;
  readonly externalAccountBinding?: { readonly kid: string; readonly hmacKey: string };
}

/** A certificate got with acme-client alone, proved by dns-01 through challtestsrv: the certificate with its chain. */
export async function orderByAcmeClient(pebble: Pebble, order: PlainOrder): Promise<string> {
  acme.axios.defaults.httpsAgent = new Agent({ ca: pebble.caBundlePem });
  Object.assign(acme.axios.defaults, { acmeSettings: { retryMaxAttempts: 0 } }); // it would wait seconds after each fault
  const { directoryUrl, dnsName, externalAccountBinding } = order;
  const accountKey = await acme.crypto.createPrivateEcdsaKey();
  const client = new acme.Client({
    directoryUrl,
    accountKey,
    ...(externalAccountBinding && { externalAccountBinding }),
    backoffMin: 50,
    backoffMax: 200,
  });
  const [, csr] = await acme.crypto.createCsr({ altNames: [dnsName] });
  return client.auto({
    csr,
    termsOfServiceAgreed: true,
    skipChallengeVerification: true,
    challengePriority: ["dns-01"],
    challengeCreateFn: (authorization, _challenge, keyAuthorization) =>
      pebble.challtest.setTxt(`_acme-challenge.${authorization.identifier.value}`, keyAuthorization),
    challengeRemoveFn: (authorization) =>
      pebble.challtest.clearTxt(`_acme-challenge.${authorization.identifier.value}`),
  });
}
