import { setTimeout as delay } from "node:timers/promises";
import { CertificatesError } from "../../errors";
import { type EnvoyAdmin, Unreachable, serialNumberOf } from "./admin";

/** A secret as the files have it. */
export interface WantedSecret {
  readonly name: string;
  readonly pem: string;
  readonly holds: "certificate" | "trustBundle";
  /** Its files are new: Envoy's configuration could not name them until now. */
  readonly mayBeUnknown: boolean;
}

/** Envoy looks at the files within milliseconds; its main thread may have other work. */
const patience = { usual: 1_000, longest: 10_000, start: 30_000 };
const pause = 50;

/** What Envoy makes of the secrets of one deployment. */
export class EnvoyRotation {
  constructor(
    private readonly admin: EnvoyAdmin,
    private readonly wanted: readonly WantedSecret[],
    private readonly limits: typeof patience = patience,
  ) {}

  /** Throws `Unreachable` or `UnknownSecret` if Envoy cannot take up what its files will have. */
  async assertKnown(): Promise<void> {
    for (const secret of this.wanted) await this.readKnown(secret);
  }

  /** Throws unless Envoy uses what the files have; `announce` makes it read them again. */
  async complete(announce: () => Promise<void>): Promise<void> {
    if (await this.isInUseWithin(this.limits.usual)) return;
    const names = this.wanted.map(({ name }) => name);
    const failed = await this.admin.failedRotations(names);
    await announce();
    const unlessRefused = async (): Promise<void> => {
      const now = await this.admin.failedRotations(names);
      if (now > failed) throw this.refusal(names, failed, now);
    };
    if (await this.isInUseWithin(this.limits.longest, unlessRefused)) return;
    throw new CertificatesError(
      "DeploymentFailed",
      `${this.admin.name} does not use what was deployed for ${listed(names)}, ${this.limits.longest / 1_000} s after its files were moved into place.`,
      {
        retryable: true,
        hint: "Does a listener use the secret, from the file that was deployed? An Envoy whose directory was removed and made again must be restarted.",
      },
    );
  }

  /** The same for an Envoy that is only starting. */
  async completeStart(): Promise<void> {
    let missing: CertificatesError | undefined;
    const end = Date.now() + this.limits.start;
    do {
      try {
        if (await this.isInUse()) return;
        missing = undefined;
      } catch (error) {
        if (!(error instanceof Unreachable || error instanceof UnknownSecret)) throw error;
        missing = error;
      }
      await delay(pause);
    } while (Date.now() < end);
    const names = listed(this.wanted.map(({ name }) => name));
    throw (
      missing ??
      new CertificatesError("DeploymentFailed", `${this.admin.name} uses something else for ${names}.`, {
        retryable: true,
      })
    );
  }

  private async isInUseWithin(time: number, meanwhile?: () => Promise<void>): Promise<boolean> {
    const end = Date.now() + time;
    for (;;) {
      if (await this.isInUse()) return true;
      await meanwhile?.();
      if (Date.now() > end) return false;
      await delay(pause);
    }
  }

  private async isInUse(): Promise<boolean> {
    for (const secret of this.wanted) {
      const read = await this.readKnown(secret);
      const fits =
        secret.holds === "certificate" ? await this.isServed(secret, read) : read.every((pem) => pem === secret.pem);
      if (!fits) return false;
    }
    return true;
  }

  /**
   * After Envoy has refused a certificate, what it read last is the refused one until it reads a third; it goes on with
   * the one before, though. That is what it does where it uses none of what it read.
   */
  private async isServed({ pem }: WantedSecret, read: readonly string[]): Promise<boolean> {
    const inUse = await this.admin.serialNumbersInUse();
    const wanted = serialNumberOf(pem);
    return inUse.has(wanted) && read.every((one) => one === pem || !inUse.has(serialNumberOf(one)));
  }

  private async readKnown({ name, mayBeUnknown }: WantedSecret): Promise<string[]> {
    const read = await this.admin.read(name);
    if (read.length === 0 && !mayBeUnknown) throw new UnknownSecret(`${this.admin.name} has no secret "${name}".`);
    return read;
  }

  private refusal(names: readonly string[], before: number, now: number): CertificatesError {
    const problem = `${this.admin.name} refused what was deployed for ${listed(names)} (key_rotation_failed rose from ${before} to ${now}) and goes on with what it had.`;
    const hint =
      'Its log says why, after "Failed to reload certificates". May its user read the key? Before 1.33 it takes no ECDSA key but P-256.';
    return new CertificatesError("TargetRefused", problem, { retryable: true, hint });
  }
}

/** Envoy runs, but its configuration does not have the secret. */
export class UnknownSecret extends CertificatesError {
  constructor(message: string) {
    super("DeploymentFailed", message, {
      retryable: true,
      hint: "Name it in `tls_certificate_sds_secret_configs` of a listener (a trust bundle in `validation_context_sds_secret_config`), or give the target a command that starts Envoy again with its new configuration (`reload`).",
    });
  }
}

function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(" and ");
}
