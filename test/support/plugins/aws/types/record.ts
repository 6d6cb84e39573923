import type { PropertyValues } from "../../propertyValues";
import { isAwsError } from "../awsError";
import type { AwsContext, AwsType } from "../awsType";
import { saying } from "../saying";
import { listOf } from "../xml";

/** terraform-provider-aws, internal/service/route53/record.go. */
export const record: AwsType = {
  token: "aws:route53/record:Record",
  required: ["name", "type", "zoneId"],
  forceNew: ["name", "setIdentifier", "zoneId"],
  computed: ["allowOverwrite", "fqdn"],
  sets: ["records"],
  tagged: false,
  globalRegion: "us-east-1",

  async create(inputs, { ask }) {
    const zone = await zoneName(inputs["zoneId"], ask);
    const name = fullName(inputs["name"], zone);
    await saying("creating Route53 Record", () =>
      change(ask, inputs, inputs["allowOverwrite"] ? "UPSERT" : "CREATE", name),
    );
    return `${inputs["zoneId"]}_${withoutDot(inputs["name"]).toLowerCase()}_${inputs["type"]}`;
  },

  async read(_id, known, { ask }) {
    try {
      const zone = await zoneName(known["zoneId"], ask);
      const name = fullName(known["name"], zone);
      const found = await find(ask, known, name);
      if (found === undefined) return undefined;
      const records = listOf(found.ResourceRecords?.ResourceRecord).map(({ Value }): string => Value);
      return {
        fqdn: name,
        name: withoutDot(known["name"]),
        type: found.Type,
        zoneId: known["zoneId"],
        ...(records.length > 0 && { records: sameRecords(known["records"], records), ttl: Number(found.TTL) }),
        allowOverwrite: known["allowOverwrite"],
      };
    } catch (error) {
      if (isAwsError(error, "NoSuchHostedZone")) return undefined;
      throw error;
    }
  },

  async update(_id, inputs, _olds, { ask }) {
    const name = fullName(inputs["name"], await zoneName(inputs["zoneId"], ask));
    await saying("updating Route53 Record", () => change(ask, inputs, "UPSERT", name));
  },

  async delete(id, olds, { ask }) {
    try {
      const name = fullName(olds["name"], await zoneName(olds["zoneId"], ask));
      if ((await find(ask, olds, name)) !== undefined) await change(ask, olds, "DELETE", name);
    } catch (error) {
      if (isAwsError(error, "NoSuchHostedZone")) return;
      throw new Error(`deleting Route53 Record (${id}): ${(error as Error).message}`, { cause: error });
    }
  },
};

async function zoneName(Id: string, ask: AwsContext["ask"]): Promise<string> {
  const { HostedZone } = await ask("route53", "GetHostedZone", { Id });
  return withoutDot(HostedZone.Name);
}

/** Names may be given below the zone or in full. */
function fullName(name: string, zone: string): string {
  const given = withoutDot(name).toLowerCase();
  return given === "" ? zone : given === zone || given.endsWith(`.${zone}`) ? given : `${given}.${zone}`;
}

async function find(ask: AwsContext["ask"], { zoneId, type }: PropertyValues, name: string): Promise<any> {
  const { ResourceRecordSets } = await ask("route53", "ListResourceRecordSets", { HostedZoneId: zoneId });
  return listOf(ResourceRecordSets?.ResourceRecordSet).find(
    ({ Name, Type }) => withoutDot(Name).replace("\\052", "*") === name && Type === type,
  );
}

async function change(ask: AwsContext["ask"], inputs: PropertyValues, action: string, name: string): Promise<void> {
  const { zoneId, type, ttl, records = [], aliases } = inputs;
  const ResourceRecordSet = {
    Name: name,
    Type: type,
    ...(ttl !== undefined && { TTL: ttl }),
    ...(records.length > 0 && { ResourceRecords: { ResourceRecord: records.map((Value: string) => ({ Value })) } }),
    ...(aliases !== undefined && {
      AliasTarget: {
        HostedZoneId: aliases[0].zoneId,
        DNSName: aliases[0].name,
        EvaluateTargetHealth: aliases[0].evaluateTargetHealth,
      },
    }),
  };
  await ask("route53", "ChangeResourceRecordSets", {
    HostedZoneId: zoneId,
    ChangeBatch: { Comment: "Managed by Pulumi", Changes: { Change: { Action: action, ResourceRecordSet } } },
  });
}

/** A dot at the end, which Route 53 adds to what it is given, is no difference. */
function sameRecords(known: readonly string[] = [], found: readonly string[]): string[] {
  return found.map((value) => known.find((each) => withoutDot(each) === withoutDot(value)) ?? value);
}

const withoutDot = (name: string): string => name.replace(/\.$/, "");
