import * as pulumi from "@pulumi/pulumi";

interface Reporting extends pulumi.Resource {
  /** Absent on a resource that holds several certificates. */
  readonly certificatePem?: pulumi.Output<string>;
  readonly lastFailure: pulumi.Output<string | undefined>;
  readonly warnings: pulumi.Output<string[] | undefined>;
}

/** Says in every run, on the resource's URN, what went wrong or is not as it should be: nothing fails silently. */
export function reportWarnings(resource: Reporting): void {
  void resource.lastFailure.apply((failure) => {
    if (!failure) return;
    void pulumi.output(resource.certificatePem ?? "several").apply((inUse) => {
      const what = inUse === "" ? "Not issued yet" : "The last renewal failed, the certificate in use was kept";
      void pulumi.log.warn(`${what}: ${failure}`, resource);
    });
  });
  void resource.warnings.apply((warnings) => {
    for (const warning of warnings ?? []) void pulumi.log.warn(warning, resource);
  });
}

/** The engines that were told: one process can serve several runs. */
const announced = new WeakSet<object>();

/** A preview at another time than the real one says so, once. */
export function announceTimeTravel(): void {
  const now = process.env.PULUMI_CERTIFICATES_NOW;
  const monitor: unknown = pulumi.runtime.getMonitor();
  if (!now || typeof monitor !== "object" || monitor === null || announced.has(monitor)) return;
  announced.add(monitor);
  void pulumi.log.warn(`PULUMI_CERTIFICATES_NOW is set: what is due is decided as of ${now}.`);
}
