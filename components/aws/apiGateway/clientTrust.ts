import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { explained } from "../../explain";
import { checked, refusal } from "../../refuse";
import { type Transform, transformed } from "../../transform";
import { bundleExplanations } from "../bindingExplanations";

/** Whose client certificates are accepted. */
export type ClientTrustArgs = ClientTrustBundleArgs | ClientTrustStoreArgs;

/** A bundle that is written to a bucket. */
export interface ClientTrustBundleArgs {
  /** The roots, with the intermediates that clients do not send, PEM: `trustBundlePem` of a `CertificateAuthority`. Another bundle **updates in place**. */
  trustBundlePem: pulumi.Input<string>;
  /** The bucket, with versioning, in the region of the domain name. Changing it **replaces** the object. */
  bucket: pulumi.Input<string>;
  /** The object's key. Changing it **replaces** the object. @default the component's name with `.pem` */
  key?: pulumi.Input<string>;
}

/** A bundle that somebody else keeps in a bucket. */
export interface ClientTrustStoreArgs {
  /** `s3://bucket/key`. Changing it **updates in place**. */
  truststoreUri: pulumi.Input<string>;
  /** The version of the object; a bundle that changes is read again when this changes. Changing it **updates in place**. @default the newest when it was set */
  truststoreVersion?: pulumi.Input<string>;
}

/** The `mutualTlsAuthentication` of a domain name. */
export interface MutualTls {
  truststoreUri: pulumi.Input<string>;
  truststoreVersion?: pulumi.Input<string>;
}

const certificates = /-----BEGIN CERTIFICATE-----/g;

/** Writes the bundle, and names its version, so that a domain name reads the one that was written last. */
export function writeClientTrust(
  name: string,
  trust: ClientTrustArgs,
  {
    region,
    tags,
    transform,
  }: Pick<aws.s3.BucketObjectv2Args, "region" | "tags"> & {
    transform: Transform<aws.s3.BucketObjectv2Args> | undefined;
  },
  parent: pulumi.Resource,
): MutualTls {
  if ("truststoreUri" in trust) {
    const { truststoreUri, truststoreVersion } = trust;
    return { truststoreUri: checked(truststoreUri, checkUri), ...(truststoreVersion && { truststoreVersion }) };
  }
  const args: aws.s3.BucketObjectv2Args = {
    bucket: trust.bucket,
    key: trust.key ?? `${name}.pem`,
    content: checked(trust.trustBundlePem, checkBundle),
    contentType: "application/x-pem-file",
    ...(region !== undefined && { region }),
    ...(tags !== undefined && { tags }),
  };
  const options = explained("aws trust bundle", bundleExplanations, { parent });
  const object = new aws.s3.BucketObjectv2(...transformed(transform, `${name}-trust`, args, options));
  const truststoreVersion = checked(pulumi.all([object.versionId, object.etag, object.bucket]), checkVersioned);
  return {
    truststoreUri: pulumi.interpolate`s3://${object.bucket}/${object.key}`,
    truststoreVersion: truststoreVersion.apply(([version]) => version),
  };
}

function checkUri(uri: string): void {
  if (/^s3:\/\/[^/]+\/.+$/.test(uri)) return;
  throw refusal("clientTrust.truststoreUri", `"${uri}" is not the address of an object.`, "Write s3://bucket/key.");
}

/** The quotas of API Gateway: 1,000 certificates, 1 MB. */
function checkBundle(pem: string): void {
  const count = pem.match(certificates)?.length ?? 0;
  if (count > 0 && count <= 1000) return;
  throw refusal(
    "clientTrust.trustBundlePem",
    `it has ${count} certificates.`,
    "API Gateway takes 1 to 1,000 of them, as PEM.",
  );
}

/** An object without versions has an etag and no version; a unit test's mocks know of neither. */
function checkVersioned([version, etag, bucket]: (string | undefined)[]): void {
  if ((version && version !== "null") || !etag) return;
  throw refusal(
    "clientTrust.bucket",
    `${bucket} keeps no versions, so API Gateway would not notice a new bundle.`,
    'Turn versioning on: new aws.s3.BucketVersioning(…, { versioningConfiguration: { status: "Enabled" } }).',
  );
}
