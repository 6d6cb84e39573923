import type { AwsType } from "../awsType";
import { acmCertificate } from "./acmCertificate";
import { bucket, bucketObject, bucketVersioning } from "./bucket";
import { certificateValidation } from "./certificateValidation";
import { distribution } from "./distribution";
import { domainName, httpDomainName } from "./domainName";
import { listener } from "./listener";
import { listenerCertificate } from "./listenerCertificate";
import { loadBalancer } from "./loadBalancer";
import { subnet, vpc } from "./network";
import { record } from "./record";
import { secret } from "./secret";
import { secretVersion } from "./secretVersion";
import { targetGroup } from "./targetGroup";
import { zone } from "./zone";

const all: readonly AwsType[] = [
  acmCertificate,
  bucket,
  bucketObject,
  bucketVersioning,
  certificateValidation,
  distribution,
  domainName,
  httpDomainName,
  listener,
  listenerCertificate,
  loadBalancer,
  record,
  secret,
  secretVersion,
  subnet,
  targetGroup,
  vpc,
  zone,
];

/** By token. */
export const awsTypes: ReadonlyMap<string, AwsType> = new Map(all.map((type) => [type.token, type]));
