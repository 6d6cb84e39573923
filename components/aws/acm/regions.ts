import type * as pulumi from "@pulumi/pulumi";
import { checked, refusal } from "../../refuse";

/** Where a component makes its resources. */
export interface RegionArgs {
  readonly region?: pulumi.Input<string> | undefined;
  readonly regions?: readonly string[] | undefined;
}

/** The child of a component for one region. */
export interface Place {
  readonly childName: string;
  /** Undefined for the provider's own region. */
  readonly region: pulumi.Input<string> | undefined;
  /** What it was called before `region` became `regions`, or the other way round. */
  readonly formerNames: readonly string[];
}

const form = /^[a-z]{2}(-[a-z]+)+-\d+$/;

/** Refuses what is no region, a region twice, and two arguments that say where. */
export function checkRegions({ region, regions }: RegionArgs): void {
  if (region !== undefined) checked(region, (known) => checkRegion(known, "region"));
  if (regions === undefined) return;
  if (region !== undefined)
    throw refusal("regions", "`region` is given as well.", "Give one of them; the first of `regions` is the main one.");
  if (regions.length === 0) throw refusal("regions", "it names none.", "Name a region, or leave it out.");
  for (const [index, each] of regions.entries()) {
    checkRegion(each, `regions[${index}]`);
    if (regions.indexOf(each) !== index)
      throw refusal(`regions[${index}]`, `"${each}" is in the list already.`, "Name each region once.");
  }
}

function checkRegion(region: string, property: string): void {
  if (form.test(region)) return;
  throw refusal(property, `"${region}" is no region of AWS.`, 'Use a name such as "eu-west-1".');
}

/**
 * One child for each region. Of several each bears its region's name, so that their order means nothing; what a program
 * had under `region` goes on as that of the first of `regions`, and the other way round.
 */
export function placesOf(name: string, { region, regions }: RegionArgs): [Place, ...Place[]] {
  const [first, ...others] = regions ?? [];
  if (first === undefined)
    return [{ childName: name, region, formerNames: typeof region === "string" ? [`${name}-${region}`] : [] }];
  const of = (each: string, formerNames: readonly string[] = []): Place => ({
    childName: `${name}-${each}`,
    region: each,
    formerNames,
  });
  return [of(first, [name]), ...others.map((each) => of(each))];
}
