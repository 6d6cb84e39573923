import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type CertificateToDeploy, keySpecOf } from "../../sdk";
import { explained } from "../explain";
import type { OwnerArgs } from "../owner";
import { checked } from "../refuse";
import { type Transform, transformed } from "../transform";
import type { AcmCertificateLike } from "./acm/certificateArn";
import { importExplanations } from "./explanations";
import { chainFor, checkAlgorithm, checkImport, checkInForce, withoutKey } from "./acm/importChecks";
import { type PlacedArn, type PlacedArns, arnsByRegion, placedIn } from "./acm/placedArns";
import { type Place, checkRegions, placesOf } from "./acm/regions";
import { replacedBy } from "./acm/replacedBy";
import { type TagsArgs, tagsOf } from "./tags";

/** Arguments of an {@link ImportedCertificate}. */
export interface ImportedCertificateArgs {
  /**
   * What to import, with its key: a `Certificate`, a member of a `CertificateSet`, or PEM. Another certificate **updates
   * in place**, under the same ARN; one with another kind or size of key, or other usages, **replaces**: the new ARN is
   * attached before the old certificate is deleted.
   */
  certificate: CertificateToDeploy;
  /** Where to import it. Changing it **replaces**. @default the provider's region */
  region?: pulumi.Input<string>;
  /**
   * Several regions, each of which gets a certificate of its own: `["eu-west-1", "us-east-1"]`. Adding and removing one
   * touches no other. @default `region` alone
   */
  regions?: readonly string[];
  /** Tags of the certificate. Changing them **updates in place**. @default none */
  tags?: TagsArgs;
  /** Who it belongs to, as tags: `owner:team`. Changing it **updates in place**. @default none */
  owner?: OwnerArgs;
  /** A last word on what is registered, once for each region. @default nothing is changed */
  transform?: { certificate?: Transform<aws.acm.CertificateArgs> };
}

/**
 * A certificate of this program in AWS Certificate Manager, in one region or in several at once. A renewal is imported
 * under the same ARN: load balancers, distributions and gateways serve it without being touched.
 *
 * Deleting it deletes the certificate from ACM, which refuses that as long as something uses it.
 *
 * @example
 * const web = new Certificate("web", { issuer: selfSigned(), dnsNames: ["web.example.com"] });
 * const imported = new ImportedCertificate("web", { certificate: web, regions: ["eu-west-1", "us-east-1"] });
 * export const arn = imported.arn;
 */
export class ImportedCertificate extends pulumi.ComponentResource implements AcmCertificateLike {
  /** Its ARN; of one in several regions that of the first. A renewal keeps it. */
  readonly arn: pulumi.Output<string>;
  /** Region → ARN. */
  readonly arns: pulumi.Output<Record<string, string>>;
  /** SHA-256 of the certificate that is imported, hexadecimal; of one in several regions once it is in all of them. */
  readonly fingerprintSha256: pulumi.Output<string>;
  /** Where it is; of several regions the first. */
  readonly region: pulumi.Output<string>;
  /** What is imported. */
  readonly certificate: CertificateToDeploy;

  readonly #placed: PlacedArns;

  constructor(name: string, args: ImportedCertificateArgs, options?: pulumi.ComponentResourceOptions) {
    super("pulumi-certificates:aws:ImportedCertificate", name, {}, options);
    checkRegions(args);
    const { certificate, transform } = args;
    this.certificate = certificate;
    const parts = checkedParts(certificate);
    const tags = tagsOf(args.tags, args.owner);
    const replacementTrigger = replacedBy(certificate);

    const place = ({ childName, region, formerNames }: Place): Imported => {
      const imported = { ...parts, ...(region !== undefined && { region }), ...(tags && { tags }) };
      const child = explained("acm certificate that is imported", importExplanations, {
        parent: this,
        aliases: formerNames.map((former) => ({ name: former })),
        replacementTrigger,
        // The provider keeps an import that failed as if it were done, and never tries again.
        replaceOnChanges: ["#initerror"],
        additionalSecretOutputs: ["privateKey"],
      });
      const resource = new aws.acm.Certificate(...transformed(transform?.certificate, childName, imported, child));
      return { region: region ?? resource.region, arn: resource.arn, inForce: inForce(resource) };
    };

    const [first, ...others] = placesOf(name, args);
    const placed: [Imported, ...Imported[]] = [place(first), ...others.map(place)];
    this.#placed = placed;
    this.arn = this.#placed[0].arn;
    this.region = pulumi.output(this.#placed[0].region);
    this.arns = arnsByRegion(this.#placed);
    this.fingerprintSha256 = pulumi
      .all([certificate.fingerprintSha256, pulumi.all(placed.map((each) => each.inForce))])
      .apply(([fingerprint]) => fingerprint);
    const { arn, arns, fingerprintSha256, region } = this;
    this.registerOutputs({ arn, arns, fingerprintSha256, region });
  }

  /** Its ARN in one region, which is refused where it is not imported there. */
  arnIn(region: string, property = "certificate"): pulumi.Output<string> {
    return placedIn(this.#placed, region, property);
  }
}

interface Imported extends PlacedArn {
  /** Fails where ACM has another certificate than the one that was to be imported. */
  readonly inForce: pulumi.Output<void>;
}

function inForce({ urn, arn, certificateBody, notAfter }: aws.acm.Certificate): pulumi.Output<void> {
  return pulumi.all([urn, arn, certificateBody, notAfter]).apply(([known, under, body, end]) => {
    // A preview has the new certificate with the dates of the old one.
    if (!pulumi.runtime.isDryRun()) checkInForce(known, under, body, end);
  });
}

/** What goes to ACM, refused where ACM would refuse it. Only the key makes a secret of what it is looked at with. */
function checkedParts(certificate: CertificateToDeploy) {
  const { certificatePem, chainPem, privateKeyPem, trustBundlePem } = certificate;
  const spec = checked(keySpecOf(certificate), (known) => {
    if (known === undefined) return;
    checkAlgorithm(known.algorithm);
    // A key may have been added to what was read from a certificate: `{ ...certificate, privateKeyPem }`.
    if (known.isKeyElsewhere && Object.getPrototypeOf(certificate) !== Object.prototype) throw withoutKey();
  });
  const chain = pulumi.all([certificatePem, chainPem, trustBundlePem]).apply((known) => chainFor(...known));
  const parts = checked(pulumi.all([certificatePem, chain, privateKeyPem]), (known) =>
    checkImport({ certificatePem: known[0], chainPem: known[1], privateKeyPem: known[2] }, new Date()),
  );
  const seen = pulumi.unsecret(pulumi.all([parts, spec]));
  const after = <Value>(input: pulumi.Input<Value>): pulumi.Output<Value> =>
    pulumi.all([input, seen]).apply(([value]) => value as Value);
  return {
    certificateBody: after(certificatePem),
    certificateChain: after(chain),
    privateKey: pulumi.secret(after(privateKeyPem)),
  };
}
