import { parseCredentials } from "../issuers/certificateAuthority";
import { describeKey } from "../keys/algorithms";
import { type CertificateDescription, signingKind } from "../targets/describedCertificate";
import { parseCertificate } from "../x509/parse";
import type { FallbackInputs } from "./candidates";
import type { Credentials } from "./define";
import { defaultAlgorithm } from "./leafDefaults";
import type { IssuerInputs } from "./renewable";
import { type RequestInputs, parseRequest } from "./request";
import { keyOfAuthority } from "./runCertificates";
import { hasUnknown, isUnknown } from "./unknown";

export interface RequestToDescribe {
  readonly news: RequestInputs & FallbackInputs & { readonly issuer?: IssuerInputs };
  readonly credentials: Credentials;
  /** Whether there is none yet, whose key a renewal might keep. */
  readonly isFirst: boolean;
}

/** What the arguments of a certificate say of the one that is about to be issued. */
export function describeRequest({ news, credentials, isFirst }: RequestToDescribe): CertificateDescription {
  const { csrPem } = news;
  const request = parseRequest(news, defaultAlgorithm);
  const keyAlgorithm =
    csrPem === undefined ? newKeyOf(news, isFirst) : request?.publicKey && describeKey(request.publicKey);
  const signedWith = signerOf(news, credentials, keyAlgorithm);
  return {
    ...(keyAlgorithm !== undefined && { keyAlgorithm }),
    ...(signedWith !== undefined && { signedWith }),
    ...(!isUnknown(csrPem) && { hasPrivateKey: csrPem === undefined }),
    ...(request !== undefined && { dnsNames: request.names.dnsNames ?? [] }),
  };
}

/** Where no algorithm is named, a key that is kept may be one that was adopted. */
function newKeyOf({ privateKey }: RequestInputs, isFirst: boolean): string | undefined {
  const { algorithm, rotationPolicy = "always" } = privateKey ?? {};
  if (hasUnknown([algorithm, rotationPolicy])) return undefined;
  return algorithm ?? (isFirst || rotationPolicy === "always" ? defaultAlgorithm : undefined);
}

/** The kind of key that signs it; undefined where that is not known, or where one of several issuers may sign. */
function signerOf(
  { issuer, fallbackIssuers }: RequestToDescribe["news"],
  credentials: Credentials,
  ownKey: string | undefined,
): string | undefined {
  if (fallbackIssuers !== undefined) return undefined;
  const key = issuer === undefined ? ownKey : keyOfIssuer(issuer, credentials);
  return key === undefined ? undefined : signingKind(key);
}

function keyOfIssuer({ kind, resource }: IssuerInputs, credentials: Credentials): string | undefined {
  if (kind !== "certificateAuthority") return undefined;
  const authority = parseCredentials(credentials.issuer);
  if (authority !== undefined) return parseCertificate(authority.certificatePem, "issuer.certificatePem").keyAlgorithm;
  return keyOfAuthority(resource);
}
