import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { explained } from "../explain";
import type { OwnerArgs } from "../owner";
import { refusal } from "../refuse";
import { type Transform, transformed } from "../transform";
import type { AcmCertificateLike } from "./acm/certificateArn";
import { recordExplanations, requestExplanations } from "./explanations";
import { type PlacedArn, type PlacedArns, arnsByRegion, placedIn } from "./acm/placedArns";
import { type Place, checkRegions, placesOf } from "./acm/regions";
import { type TagsArgs, tagsOf } from "./tags";
import { namesOf, recordsOf, validatedDomain, warningAbout } from "./acm/validationNames";

/** Arguments of an {@link AcmCertificate}. */
export interface AcmCertificateArgs {
  /** The first name of the certificate, at most 64 bytes: `www.example.com` or `*.example.com`. Changing it **replaces**. */
  domainName: string;
  /** Its other names. Changing them **replaces**. @default none */
  subjectAlternativeNames?: readonly string[];
  /** The public hosted zone in Route 53 that takes the validation records. Changing it **replaces** them. @default as `zones` says */
  zoneId?: pulumi.Input<string>;
  /**
   * Zones by their domains, `{ "example.com": "Z1", "example.net": "Z2" }`: a record goes to the one that fits best, else
   * to `zoneId`. Changing one **replaces** its records. @default `zoneId` takes all
   */
  zones?: Readonly<Record<string, pulumi.Input<string>>>;
  /** `RSA_2048`, `EC_prime256v1` or `EC_secp384r1`. Changing it **replaces**. @default `RSA_2048` */
  keyAlgorithm?: pulumi.Input<"RSA_2048" | "EC_prime256v1" | "EC_secp384r1">;
  /** How long to wait for the validation: `30m`, `2h`. Changing it counts from the next certificate. @default `75m` */
  validationTimeout?: string;
  /**
   * Takes over validation records that are there already: those of a domain are the same for every certificate of an
   * account. They go when this certificate is deleted. Changing it changes nothing by itself. @default false: the run fails
   */
  allowOverwrite?: pulumi.Input<boolean>;
  /** Where ACM issues it. Changing it **replaces**. @default the provider's region */
  region?: pulumi.Input<string>;
  /**
   * Several regions, each of which gets a certificate of its own; they share the records. Changing them touches no
   * certificate of another region. @default `region` alone
   */
  regions?: readonly string[];
  /** Tags of the certificate. Changing them **updates in place**. @default none */
  tags?: TagsArgs;
  /** Who it belongs to, as tags: `owner:team`. Changing it **updates in place**. @default none */
  owner?: OwnerArgs;
  /** A last word on what is registered. @default nothing is changed */
  transform?: {
    certificate?: Transform<aws.acm.CertificateArgs>;
    record?: Transform<aws.route53.RecordArgs>;
    validation?: Transform<aws.acm.CertificateValidationArgs>;
  };
}

/**
 * A certificate that ACM itself issues and renews, validated through DNS: it writes one record for each domain into
 * Route 53 and waits until the certificate is issued. No private key leaves AWS.
 *
 * ACM renews it by itself as long as the records stand and something uses it: no run shows that. Other names make a new
 * certificate, which is attached before the old one is deleted. Deleting it deletes the certificate and the records.
 *
 * @example
 * const www = new AcmCertificate("www", {
 *   domainName: "example.com",
 *   subjectAlternativeNames: ["*.example.com"],
 *   zoneId: "Z0123456789ABCDEFGHIJ",
 * });
 * export const arn = www.arn;
 */
export class AcmCertificate extends pulumi.ComponentResource implements AcmCertificateLike {
  /** Its ARN once it is issued; of one in several regions that of the first. */
  readonly arn: pulumi.Output<string>;
  /** Region → ARN, once all are issued. */
  readonly arns: pulumi.Output<Record<string, string>>;
  /** Where it is; of several regions the first. */
  readonly region: pulumi.Output<string>;
  /** All its names. */
  readonly dnsNames: pulumi.Output<string[]>;

  readonly #placed: PlacedArns;

  constructor(name: string, args: AcmCertificateArgs, options?: pulumi.ComponentResourceOptions) {
    super("pulumi-certificates:aws:AcmCertificate", name, {}, options);
    checkRegions(args);
    const names = namesOf(args);
    const wanted = recordsOf(names, args);
    const warning = warningAbout(names);
    if (warning !== undefined) void pulumi.log.warn(warning, this);

    const places = placesOf(name, args);
    const requested = places.map((place) => this.#request(place, names, args));
    const { domainValidationOptions } = requested[0] as aws.acm.Certificate;
    const records = wanted.map(({ domain, zoneId }) => {
      const asked = domainValidationOptions.apply((all) => optionFor(domain, all));
      const record = {
        zoneId,
        name: asked.apply(({ resourceRecordName }) => resourceRecordName),
        type: "CNAME",
        records: [asked.apply(({ resourceRecordValue }) => resourceRecordValue)],
        ttl: 300,
        ...(args.allowOverwrite !== undefined && { allowOverwrite: args.allowOverwrite }),
      };
      const child = explained("acm validation record", recordExplanations, { parent: this });
      return new aws.route53.Record(...transformed(args.transform?.record, `${name}-${domain}`, record, child));
    });

    const validate = ({ childName, region, formerNames }: Place, index: number): PlacedArn => {
      const certificate = requested[index] as aws.acm.Certificate;
      const validation = {
        certificateArn: certificate.arn,
        validationRecordFqdns: records.map(({ fqdn }) => fqdn),
        ...(region !== undefined && { region }),
      };
      const child = explained("acm certificate that is issued", requestExplanations, {
        parent: this,
        aliases: formerNames.map((former) => ({ name: `${former}-issued` })),
        ...(args.validationTimeout !== undefined && { customTimeouts: { create: timeoutOf(args.validationTimeout) } }),
      });
      const { certificateArn } = new aws.acm.CertificateValidation(
        ...transformed(args.transform?.validation, `${childName}-issued`, validation, child),
      );
      return { region: region ?? certificate.region, arn: certificateArn };
    };
    const [first, ...others] = places;
    this.#placed = [validate(first, 0), ...others.map((place, index) => validate(place, index + 1))];
    this.arn = this.#placed[0].arn;
    this.region = pulumi.output(this.#placed[0].region);
    this.arns = arnsByRegion(this.#placed);
    this.dnsNames = pulumi.output([...names]);
    const { arn, arns, region, dnsNames } = this;
    this.registerOutputs({ arn, arns, region, dnsNames });
  }

  /** Its ARN in one region once it is issued there; a region in which it is not is refused. */
  arnIn(region: string, property = "certificate"): pulumi.Output<string> {
    return placedIn(this.#placed, region, property);
  }

  #request({ childName, region, formerNames }: Place, names: readonly string[], args: AcmCertificateArgs) {
    const [domainName, ...subjectAlternativeNames] = names as [string, ...string[]];
    const tags = tagsOf(args.tags, args.owner);
    const request = {
      domainName,
      ...(subjectAlternativeNames.length > 0 && { subjectAlternativeNames }),
      validationMethod: "DNS",
      ...(args.keyAlgorithm !== undefined && { keyAlgorithm: args.keyAlgorithm }),
      ...(region !== undefined && { region }),
      ...(tags && { tags }),
    };
    const child = explained("acm certificate that is issued", requestExplanations, {
      parent: this,
      aliases: formerNames.map((former) => ({ name: former })),
    });
    return new aws.acm.Certificate(...transformed(args.transform?.certificate, childName, request, child));
  }
}

type ValidationOption = aws.types.output.acm.CertificateDomainValidationOption;

/** Those of a wildcard and of the name below which it stands are the same. A unit test's mocks may give none. */
function optionFor(domain: string, all: readonly ValidationOption[] | undefined): ValidationOption {
  const none = { domainName: domain, resourceRecordName: "", resourceRecordType: "", resourceRecordValue: "" };
  return all?.find(({ domainName }) => validatedDomain(domainName) === domain) ?? none;
}

function timeoutOf(text: string): string {
  if (/^[1-9]\d*(s|m|h)$/.test(text)) return text;
  throw refusal("validationTimeout", `"${text}" is no time in seconds, minutes or hours.`, "Use `30m` or `2h`.");
}
