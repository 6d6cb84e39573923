import * as pulumi from "@pulumi/pulumi";
import { checked, refusal } from "../../refuse";
import { parseCertificateArn } from "./certificateArn";

/** The ARN of a certificate in one region. */
export interface PlacedArn {
  readonly region: pulumi.Input<string>;
  readonly arn: pulumi.Output<string>;
}

/** A certificate that is in one region or in several. */
export type PlacedArns = readonly [PlacedArn, ...PlacedArn[]];

/** Region → ARN. */
export function arnsByRegion(placed: PlacedArns): pulumi.Output<Record<string, string>> {
  return pulumi
    .all(placed.map(({ region, arn }) => pulumi.all([region, arn])))
    .apply((known) => Object.fromEntries(known));
}

/** The ARN in one region. A region in which there is none is refused, in the preview where that is known. */
export function placedIn(placed: PlacedArns, region: string, property: string): pulumi.Output<string> {
  const found = placed.find((each) => each.region === region);
  if (found !== undefined) return found.arn;
  const regions = placed.map((each) => each.region);
  if (regions.every((each) => typeof each === "string")) throw notThere(property, regions, region);
  return checked(placed[0].arn, (arn) => {
    const known = parseCertificateArn(arn)?.region;
    if (known !== undefined && known !== region) throw notThere(property, [known], region);
  });
}

function notThere(property: string, regions: readonly string[], region: string): Error {
  const all = [...regions, region].map((each) => `"${each}"`).join(", ");
  return refusal(
    property,
    `it is in ${regions.join(", ")}, and ${region} needs one of its own.`,
    `Have it there too: regions: [${all}].`,
  );
}
