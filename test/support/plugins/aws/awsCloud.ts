import { type MotoServer, startMoto } from "../../motoServer";
import { AwsError } from "./awsError";
import { guards } from "./guards";
import { type AwsRequest, sendTo } from "./wire";

/** A request, and how it was answered. */
export interface AwsCall extends AwsRequest {
  /** The code of the error that the service answered with. */
  error?: string;
}

/** Which request is refused, and with what. */
export interface Refusal {
  readonly action: string;
  readonly service?: string;
  readonly region?: string;
  readonly code: string;
  /** @default what AWS says where an identity has no right to the action, for the codes AccessDenied… */
  readonly message?: string;
  readonly status?: number;
}

/** What a guard asks for: the service as moto has it, or as it is with its guard. */
export type Ask = (service: string, region: string, action: string, input?: AwsRequest["input"]) => Promise<any>;

export const account = "123456789012";

/**
 * AWS as far as certificates go: moto, and before it the rules of the services that moto does not know. Requests to it are
 * recorded, and can be made to fail.
 */
export class AwsCloud {
  /** Everything that was asked, in order; what only reads is in it, too. */
  readonly calls: AwsCall[] = [];
  /** What the services have that moto has no place for, by the name of the guard. */
  readonly memory = new Map<string, unknown>();
  private readonly refusals: Refusal[] = [];

  private constructor(private readonly moto: MotoServer) {}

  static async start(motoProgram: string): Promise<AwsCloud> {
    // ACM's own wait is left to the guard, which looks for the validation records.
    return new AwsCloud(await startMoto(motoProgram, { MOTO_ACM_VALIDATION_WAIT: "0" }));
  }

  /** The environment in which the AWS command line speaks to moto: past the rules, as it were by another hand. */
  get environment(): MotoServer["environment"] {
    return this.moto.environment;
  }

  /** Asks a service, as its SDK would; an `AwsError` where it refuses. */
  readonly ask: Ask = async (service, region, action, input = {}) => {
    const call: AwsCall = { service, region, action, input };
    this.calls.push(call);
    try {
      this.refuse(call);
      const guard = guards[`${service}:${action}`];
      return guard === undefined ? await this.askMoto(service, region, action, input) : await guard(call, this);
    } catch (error) {
      if (error instanceof AwsError) call.error = error.code;
      throw error;
    }
  };

  /** Asks moto past the guard and the record. */
  readonly askMoto: Ask = (service, region, action, input = {}) =>
    sendTo(this.moto.environment["AWS_ENDPOINT_URL"] as string, { service, region, action, input });

  /** The next request of this kind is refused. */
  failNext(refusal: Refusal): void {
    this.refusals.push(refusal);
  }

  /** The requests that changed something, in order: `acm:ImportCertificate`. */
  get changes(): string[] {
    return this.calls
      .filter(({ action, error }) => error === undefined && !/^(?:Describe|Get|List)/.test(action))
      .map(({ service, action }) => `${service}:${action}`);
  }

  async stop(): Promise<void> {
    await this.moto.stop();
  }

  private refuse({ service, region, action }: AwsCall): void {
    const index = this.refusals.findIndex(
      (refusal) =>
        refusal.action === action && (refusal.service ?? service) === service && (refusal.region ?? region) === region,
    );
    const [refusal] = index < 0 ? [] : this.refusals.splice(index, 1);
    if (refusal === undefined) return;
    const { code, message = notAuthorized(service, action), status = 400 } = refusal;
    throw new AwsError(service, action, code, message, status);
  }
}

/** As in the IAM User Guide, "Troubleshoot access denied error messages". */
function notAuthorized(service: string, action: string): string {
  const permission = `${service}:${action}`;
  return `User: arn:aws:iam::${account}:user/ci is not authorized to perform: ${permission} on resource: * because no identity-based policy allows the ${permission} action`;
}
