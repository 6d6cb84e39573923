import { AcmeClient } from "../acme/client";
import { directoryUrlOf } from "./acmeAccountInputs";
import { engineSignal } from "./engine";
import { reportProgress } from "./progress";

export interface ClientArguments {
  /** The resource, as its progress is shown. */
  readonly name: string;
  readonly directory: string;
  readonly caBundlePem?: string;
  readonly accountKeyPem: string;
  readonly accountUrl?: string;
  /** How long a CA that is down is waited for. */
  readonly retryBudgetMs?: number;
  /** Ends every request and wait. @default when the engine is gone */
  readonly signal?: AbortSignal;
}

/** A client that gives up when the engine is gone. */
export function clientFor({
  name,
  directory,
  caBundlePem,
  accountKeyPem,
  accountUrl,
  retryBudgetMs,
  signal = engineSignal,
}: ClientArguments): AcmeClient {
  return new AcmeClient({
    directoryUrl: directoryUrlOf({ directory }),
    accountKeyPem,
    signal,
    report: (line) => reportProgress(name, line),
    ...(caBundlePem !== undefined && { caBundlePem }),
    ...(accountUrl !== undefined && { accountUrl }),
    ...(retryBudgetMs !== undefined && { retryBudgetMs }),
  });
}
