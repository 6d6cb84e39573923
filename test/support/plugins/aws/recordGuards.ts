import type { AwsCloud } from "./awsCloud";
import { AwsError } from "./awsError";
import type { Guard } from "./guards";
import type { AwsRequest } from "./wire";
import { listOf } from "./xml";

/** Route 53 API Reference, ChangeResourceRecordSets: CREATE does not overwrite, and a record's name ends with its zone's. */
export const recordGuards: Readonly<Record<string, Guard>> = {
  "route53:ChangeResourceRecordSets": async (request, cloud) => {
    const { HostedZoneId, ChangeBatch } = request.input;
    const { HostedZone } = await cloud.askMoto("route53", request.region, "GetHostedZone", { Id: HostedZoneId });
    const zone = dotted(HostedZone.Name);
    for (const { Action, ResourceRecordSet } of listOf(ChangeBatch.Changes.Change)) {
      const name = dotted(ResourceRecordSet.Name);
      if (name !== zone && !name.endsWith(`.${zone}`))
        throw refused(request, `[RRSet with DNS name ${name} is not permitted in zone ${zone}]`);
      if (Action === "CREATE" && (await exists(name, ResourceRecordSet.Type, HostedZoneId, cloud)))
        throw refused(
          request,
          `[Tried to create resource record set [name='${name}', type='${ResourceRecordSet.Type}'] but it already exists]`,
        );
    }
    return cloud.askMoto(request.service, request.region, request.action, request.input);
  },
};

async function exists(name: string, type: string, HostedZoneId: string, cloud: AwsCloud): Promise<boolean> {
  const { ResourceRecordSets } = await cloud.askMoto("route53", "us-east-1", "ListResourceRecordSets", {
    HostedZoneId,
  });
  return listOf(ResourceRecordSets?.ResourceRecordSet).some(
    ({ Name, Type }) => dotted(Name.replace("\\052", "*")) === name && Type === type,
  );
}

function dotted(name: string): string {
  return `${name.toLowerCase().replace(/\.$/, "")}.`;
}

function refused({ service, action }: AwsRequest, reason: string): AwsError {
  return new AwsError(service, action, "InvalidChangeBatch", reason);
}
