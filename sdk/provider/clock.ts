import { CertificatesError, invalidArgument } from "../errors";
import { parseDuration } from "../duration";

/** The environment variable that sets the time of a preview: "what will rotate in March?" */
export const nowVariable = "PULUMI_CERTIFICATES_NOW";

/** What one `pulumi` run knows of time. */
export interface Run {
  /** The moment for which the run decides what is due. */
  readonly now: number;
  /** Time between two runs of the stack. */
  readonly cadence: number;
  readonly dryRun: boolean;
}

interface Settings {
  cadence: number;
  cadenceProblem: unknown;
  allowTimeTravel: boolean;
}

const settings: Settings = { cadence: parseDuration("24h", ""), cadenceProblem: undefined, allowTimeTravel: false };

/** Takes `certificates:cadence` and `certificates:allowTimeTravel` from the stack's configuration, synchronously. */
export function configureClock(get: (key: string) => string | undefined): void {
  settings.allowTimeTravel = get("certificates:allowTimeTravel") === "true";
  try {
    settings.cadence = parseDuration(
      get("certificates:cadence") ?? "24h",
      "the stack configuration certificates:cadence",
    );
    settings.cadenceProblem = undefined;
  } catch (error) {
    settings.cadenceProblem = error;
  }
}

/** The run that `check` belongs to. An `up` at another time than the real one is refused unless the stack allows it. */
export function currentRun(dryRun: boolean): Run {
  if (settings.cadenceProblem !== undefined) throw settings.cadenceProblem;
  const travelled = travelledNow();
  if (travelled !== undefined && !dryRun && !settings.allowTimeTravel) {
    throw new CertificatesError("TimeTravelRefused", `${nowVariable} is set, and this run is no preview.`, {
      hint: "Unset it, or allow it for a stack that is only a trial: `pulumi config set certificates:allowTimeTravel true`.",
    });
  }
  return { now: travelled ?? Date.now(), cadence: settings.cadence, dryRun };
}

function travelledNow(): number | undefined {
  const value = process.env[nowVariable];
  if (value === undefined || value === "") return undefined;
  const now = Date.parse(value);
  if (Number.isNaN(now)) {
    throw invalidArgument(
      nowVariable,
      `"${value}" is not a date.`,
      "Use a day or an RFC 3339 time: 2027-03-01 or 2027-03-01T08:00:00Z.",
    );
  }
  return now;
}
