import type { AwsType } from "../awsType";
import { acmCertificate } from "./acmCertificate";
import { listener } from "./listener";
import { listenerCertificate } from "./listenerCertificate";
import { loadBalancer } from "./loadBalancer";
import { subnet, vpc } from "./network";
import { targetGroup } from "./targetGroup";

const all: readonly AwsType[] = [acmCertificate, listener, listenerCertificate, loadBalancer, targetGroup, vpc, subnet];

/** By token. */
export const awsTypes: ReadonlyMap<string, AwsType> = new Map(all.map((type) => [type.token, type]));
