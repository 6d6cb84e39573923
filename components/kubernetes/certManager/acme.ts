import { createPrivateKey } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { AcmeAccount } from "../../../sdk";
import { checked, refusal } from "../../refuse";
import { type CertManagerSolverArgs, type CertManagerSolvers, certManagerSolvers } from "./solvers";

/** An ACME account that cert-manager uses beside this program. */
export interface CertManagerAcmeArgs {
  /**
   * The account, with an RSA key: cert-manager takes no other. Its directory, profile, preferred chain and roots are
   * handed on. Another key of it **updates in place**.
   */
  account: AcmeAccount;
  /** How control of names is proved from inside the cluster. Changing them **updates in place**. @default the solvers of the account */
  solvers?: CertManagerSolverArgs[];
  /**
   * Where the CA may write to. cert-manager sets it as the account's only contact. Changing it **updates in place**.
   * @default the first contact of the account
   */
  email?: pulumi.Input<string>;
  /**
   * For a CA that asks for the binding again although the account exists (RFC 8555, 7.3.4). `hmacKey` is base64url.
   * Changing it **updates in place**. @default none: the account is bound already
   */
  externalAccountBinding?: { keyId: pulumi.Input<string>; hmacKey: pulumi.Input<string> };
  /** Whether Orders ask for the `duration` of the Certificate, which few CAs take. Changing it **updates in place**. @default false */
  enableDurationFeature?: pulumi.Input<boolean>;
}

/** `spec.acme` and the texts of the secrets it refers to. */
export interface CertManagerAcme {
  readonly spec: Record<string, unknown>;
  readonly accountKeyPem: pulumi.Output<string>;
  readonly credentials: CertManagerSolvers["credentials"];
}

export function certManagerAcme(
  args: CertManagerAcmeArgs,
  secretNames: { account: pulumi.Output<string>; solvers: pulumi.Output<string> },
): CertManagerAcme {
  const { account, externalAccountBinding: binding, enableDurationFeature } = args;
  const { email, contacts, caBundlePem, preferredChain, profile, solvers: own = [] } = account.__args;
  const property = args.solvers === undefined ? "acme.account.solvers" : "acme.solvers";
  const { solvers, credentials } = certManagerSolvers(property, args.solvers ?? own, secretNames.solvers);
  if (solvers.length === 0)
    throw refusal(
      "acme.solvers",
      "it is empty, and so are the solvers of the account.",
      'Give one for the cluster: { http01: { ingress: { ingressClassName: "nginx" } } }.',
    );
  const firstContact = pulumi
    .all([email, contacts])
    .apply(([first, more]) => (first ?? more?.[0])?.replace(/^mailto:/, ""));
  const caBundle = pulumi.output(caBundlePem).apply((pem) => pem && Buffer.from(pem).toString("base64"));
  return {
    spec: {
      server: account.directoryUrl,
      email: args.email ?? firstContact,
      ...(preferredChain !== undefined && { preferredChain }),
      ...(profile !== undefined && { profile }),
      ...(caBundlePem !== undefined && { caBundle }),
      ...(enableDurationFeature !== undefined && { enableDurationFeature }),
      ...(binding && {
        externalAccountBinding: {
          keyID: binding.keyId,
          keySecretRef: { name: secretNames.solvers, key: "externalAccountBinding" },
        },
      }),
      disableAccountKeyGeneration: true,
      privateKeySecretRef: { name: secretNames.account, key: "tls.key" },
      solvers,
    },
    accountKeyPem: rsaKeyOf(account),
    credentials: { ...credentials, ...(binding && { externalAccountBinding: binding.hmacKey }) },
  };
}

/** Of a key that is yet to be made the argument says what it will be. */
function rsaKeyOf(account: AcmeAccount): pulumi.Output<string> {
  const { privateKeyPem, keyAlgorithm } = account.__args;
  const given: pulumi.Input<string | undefined>[] = [privateKeyPem, keyAlgorithm];
  const wanted = checked(pulumi.all(given), ([ownKey, algorithm = "ECDSA-P256"]) => {
    if (ownKey === undefined && !algorithm.startsWith("RSA")) throw notRsa(algorithm);
  });
  return checked(pulumi.all([account.privateKeyPem, wanted]), ([key]) => {
    // A unit test's mocks may leave the outputs of an account out.
    if (key && createPrivateKey(key).asymmetricKeyType !== "rsa") throw notRsa("no RSA key");
  }).apply(([key]) => key ?? "");
}

const notRsa = (what: string): Error =>
  refusal(
    "acme.account",
    `its key is ${what}, and cert-manager takes only RSA keys for accounts.`,
    'Give the account `keyAlgorithm: "RSA-2048"`; of one that is registered already raise `generation` too, which rolls it over to a ' +
      "new key and touches no certificate.",
  );
