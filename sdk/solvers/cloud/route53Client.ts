import type { Change, Route53Client as Sdk } from "@aws-sdk/client-route-53";
import { CertificatesError } from "../../errors";
import type { DnsOptions } from "../dns/options";
import type { SolverContext } from "../solver";
import { type AwsSettings, awsCredentials, explainAws, isRefusal, isThrottled } from "./aws";
import { quoteText, unquoteText } from "./characterStrings";
import { type NamedService, credentialsRefused, unavailable, unexpected, zoneMissing } from "./failures";
import { optionalPackage } from "./optionalPackage";
import { PendingChanges } from "./pendingChanges";
import { type RecordSet, type Written, changeRecordSet, withValue, withoutValue } from "./recordSet";
import { type TxtApi, challengeTtl } from "./txtApi";
import { Zones } from "./zones";

type Module = typeof import("@aws-sdk/client-route-53");

/** As it is read: names and texts in their quoted form. */
interface ReadSet extends RecordSet {
  readonly texts: readonly string[];
}

/** A record that nobody has: to delete it changes nothing. */
const noValue = quoteText("pulumi-certificates looks whether it may change this record");
/** The batch was made for a record set that has changed since it was read. */
const staleBatch = /Tried to (create|delete) resource record set/;

export interface Route53Spec extends AwsSettings {
  readonly hostedZoneId: string | undefined;
  readonly endpoint: string | undefined;
  readonly dns: DnsOptions;
}

/**
 * TXT records through the API of Route 53:
 * https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html. A batch deletes the record
 * set as it was read and creates the new one: it fails as a whole if another process was faster.
 */
export class Route53Api implements TxtApi {
  private readonly service: NamedService;
  private readonly zones: Zones<string>;
  private readonly pending: PendingChanges;
  private readonly writable = new Set<string>();
  private loaded: Promise<{ module: Module; sdk: Sdk }> | undefined;

  constructor(private readonly spec: Route53Spec) {
    this.service = {
      name: "Route 53",
      rights:
        "Allow route53:ListResourceRecordSets and route53:ChangeResourceRecordSets for the hosted zone, route53:GetChange, " +
        "and route53:ListHostedZonesByName unless hostedZoneId is given.",
      secrets: [spec.secretAccessKey, spec.sessionToken].filter((secret) => secret !== undefined),
    };
    this.zones = new Zones(this.service, (name, context) => this.findZone(name, context));
    this.pending = new PendingChanges(this.service, (id, context) => this.isDone(id, context));
  }

  async add(name: string, value: string, context: SolverContext): Promise<void> {
    this.pending.started(value, await this.change(name, withValue(value), context));
  }

  async remove(name: string, value: string, context: SolverContext): Promise<void> {
    this.pending.forget(value);
    await this.change(name, withoutValue(value), context);
  }

  async settle(value: string, timeoutMs: number, context: SolverContext): Promise<void> {
    await this.pending.settle(value, timeoutMs, context);
  }

  private async isDone(Id: string, context: SolverContext): Promise<boolean> {
    const doing = "say whether its servers have the record";
    const { ChangeInfo } = await this.call(doing, context, ({ module, sdk }, options) =>
      sdk.send(new module.GetChangeCommand({ Id }), options),
    );
    return ChangeInfo?.Status === "INSYNC";
  }

  async check(name: string, context: SolverContext): Promise<void> {
    const zone = await this.zoneOf(name, context);
    const known = this.spec.hostedZoneId === undefined ? zone : name;
    if (this.writable.has(known)) return;
    await this.read(zone, name, context);
    const change = batch("DELETE", name, challengeTtl, [noValue]);
    // Servers that stand in for Route 53 call the deletion of what is not there invalid input.
    await this.write(zone, name, [change], context, /Tried to delete resource record set|^InvalidInput/);
    this.writable.add(known);
  }

  private async change(
    name: string,
    change: (values: readonly string[]) => readonly string[],
    context: SolverContext,
  ): Promise<string | undefined> {
    const zone = await this.zoneOf(name, context);
    const write = async (read: ReadSet, values: readonly string[]): Promise<Written> => {
      const kept = read.texts.filter((text) => values.includes(unquoteText(text)));
      const added = values.filter((value) => !read.values.includes(value)).map(quoteText);
      const texts = [...kept, ...added];
      const changes = [
        ...(read.ttl === undefined ? [] : [batch("DELETE", name, read.ttl, read.texts)]),
        ...(texts.length === 0 ? [] : [batch("CREATE", name, challengeTtl, texts)]),
      ];
      const id = await this.write(zone, name, changes, context);
      return id === undefined ? "conflict" : { id };
    };
    const read = () => this.read(zone, name, context);
    return await changeRecordSet(this.service, name, change, { read, write }, context);
  }

  /** The id of the change; undefined if the record set is not what it was taken for. */
  private async write(
    zone: string,
    name: string,
    changes: readonly Change[],
    context: SolverContext,
    expected = staleBatch,
  ): Promise<string | undefined> {
    return await this.call(`change the TXT record ${name}`, context, async ({ module, sdk }, options) => {
      try {
        const command = new module.ChangeResourceRecordSetsCommand({
          HostedZoneId: zone,
          ChangeBatch: { Comment: "ACME challenge, by pulumi-certificates", Changes: [...changes] },
        });
        const { ChangeInfo } = await sdk.send(command, options);
        return ChangeInfo?.Id ?? "";
      } catch (error) {
        const text = explainAws(error);
        if (expected.test(text)) return undefined;
        if (text.includes("is not permitted in zone")) throw zoneMissing(this.service, name);
        throw error;
      }
    });
  }

  private async read(zone: string, name: string, context: SolverContext): Promise<ReadSet> {
    const { ResourceRecordSets = [] } = await this.call(
      `read the TXT record ${name}`,
      context,
      ({ module, sdk }, options) =>
        sdk.send(
          new module.ListResourceRecordSetsCommand({
            HostedZoneId: zone,
            StartRecordName: name,
            StartRecordType: "TXT",
            MaxItems: 1,
          }),
          options,
        ),
    );
    const found = ResourceRecordSets.find((one) => one.Name?.toLowerCase() === `${name}.` && one.Type === "TXT");
    const texts = (found?.ResourceRecords ?? []).flatMap(({ Value }) => Value ?? []);
    return { texts, values: texts.map(unquoteText), ttl: found === undefined ? undefined : (found.TTL ?? 0) };
  }

  private async zoneOf(name: string, context: SolverContext): Promise<string> {
    return this.spec.hostedZoneId ?? (await this.zones.of(name, context));
  }

  /** Zones of one name may be several: a private one, or one that was forgotten. */
  private async findZone(name: string, context: SolverContext): Promise<string | undefined> {
    const doing = `look for the hosted zone of ${name}`;
    const { HostedZones = [] } = await this.call(doing, context, ({ module, sdk }, options) =>
      sdk.send(new module.ListHostedZonesByNameCommand({ DNSName: name, MaxItems: 20 }), options),
    );
    const own = HostedZones.filter((zone) => zone.Name === `${name}.` && zone.Config?.PrivateZone !== true);
    const ids = own.flatMap(({ Id }) => Id ?? []).map((id) => id.replace(/^\/hostedzone\//, ""));
    if (ids.length <= 1) return ids[0];
    const said = `there are ${ids.length} public zones ${name}: ${ids.join(", ")}. Set hostedZoneId to the delegated one`;
    throw unexpected(this.service, doing, said);
  }

  private async call<Result>(
    doing: string,
    { signal }: SolverContext,
    work: (loaded: { module: Module; sdk: Sdk }, options: { abortSignal: AbortSignal }) => Promise<Result>,
  ): Promise<Result> {
    const loaded = await (this.loaded ??= this.load());
    try {
      return await work(loaded, { abortSignal: signal });
    } catch (error) {
      signal.throwIfAborted();
      if (CertificatesError.is(error)) throw error;
      const said = explainAws(error);
      const { name = "" } = error as { name?: string };
      if (name === "NoSuchHostedZone")
        throw zoneMissing(
          this.service,
          `the name: there is no hosted zone ${this.spec.hostedZoneId ?? "any more"} (hostedZoneId)`,
        );
      if (isRefusal(error)) throw credentialsRefused(this.service, doing, said);
      throw isThrottled(error) ? unavailable(this.service, doing, said) : unexpected(this.service, doing, said);
    }
  }

  private async load(): Promise<{ module: Module; sdk: Sdk }> {
    const name = "@aws-sdk/client-route-53";
    const module = await optionalPackage(name, "The route53 solver", () => import("@aws-sdk/client-route-53"));
    const settings: AwsSettings = this.spec;
    const credentials = await awsCredentials(settings);
    const sdk = new module.Route53Client({
      region: settings.region,
      ...(this.spec.endpoint !== undefined && { endpoint: this.spec.endpoint }),
      ...(credentials !== undefined && { credentials }),
      // Throttling and PriorRequestNotComplete are among what it tries again.
      maxAttempts: 8,
      requestHandler: { connectionTimeout: 10_000, requestTimeout: 30_000 },
    });
    return { module, sdk };
  }
}

function batch(Action: "CREATE" | "DELETE", name: string, TTL: number, texts: readonly string[]): Change {
  const ResourceRecords = texts.map((Value) => ({ Value }));
  return { Action, ResourceRecordSet: { Name: `${name}.`, Type: "TXT", TTL, ResourceRecords } };
}
