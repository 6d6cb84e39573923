import { AcmeClient } from "../acme/client";
import { directoryUrlOf } from "./acmeAccountInputs";
import { engineSignal } from "./engine";

export interface ClientArguments {
  readonly directory: string;
  readonly caBundlePem?: string;
  readonly accountKeyPem: string;
  readonly accountUrl?: string;
  /** How long a CA that is down is waited for. */
  readonly retryBudgetMs?: number;
}

/** A client that gives up when the engine is gone. */
export function clientFor({
  directory,
  caBundlePem,
  accountKeyPem,
  accountUrl,
  retryBudgetMs,
}: ClientArguments): AcmeClient {
  return new AcmeClient({
    directoryUrl: directoryUrlOf({ directory }),
    accountKeyPem,
    signal: engineSignal,
    ...(caBundlePem !== undefined && { caBundlePem }),
    ...(accountUrl !== undefined && { accountUrl }),
    ...(retryBudgetMs !== undefined && { retryBudgetMs }),
  });
}
