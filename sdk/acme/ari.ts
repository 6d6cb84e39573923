import { certId } from "./certId";
import { recordOf } from "./directory";
import { AcmeError } from "./problem";
import { parseRetryAfter } from "../net/retryAfter";
import type { AcmeSession } from "./session";
import { webPage } from "./webPage";

/** When the CA suggests to renew a certificate (RFC 9773, 4.2). Milliseconds since 1970. */
export interface RenewalInfo {
  readonly start: number;
  readonly end: number;
  /** A page that says why the window is where it is. */
  readonly explanationUrl?: string;
  /** When to ask again. */
  readonly nextCheckAt: number;
}

const soonest = 60_000;
const latest = 24 * 3_600_000;
const usual = 6 * 3_600_000;

/** What the server suggests for a certificate; undefined if it offers no renewal information or has none for this one. */
export async function fetchRenewalInfo(session: AcmeSession, certificatePem: string): Promise<RenewalInfo | undefined> {
  const { renewalInfo } = await session.directory();
  if (renewalInfo === undefined) return undefined;
  const url = `${renewalInfo.replace(/\/$/, "")}/${certId(certificatePem)}`;
  try {
    const { data, headers } = await session.get("renewalInfo", url, "renewal information");
    return readRenewalInfo(data, headers["retry-after"]);
  } catch (error) {
    const status = error instanceof AcmeError ? error.details.problem?.status : undefined;
    if (status === 400 || status === 404) return undefined;
    throw error;
  }
}

/** Reads the answer; a window that ends before it begins is no answer (RFC 9773, 4.2). */
export function readRenewalInfo(
  value: unknown,
  retryAfter: string | undefined,
  now = Date.now(),
): RenewalInfo | undefined {
  const { suggestedWindow, explanationURL } = recordOf(value);
  const [start, end] = [recordOf(suggestedWindow).start, recordOf(suggestedWindow).end].map((time) =>
    typeof time === "string" ? Date.parse(time) : NaN,
  ) as [number, number];
  if (!(end > start)) return undefined;
  const explanationUrl = webPage(explanationURL);
  const wait = Math.min(Math.max(parseRetryAfter(retryAfter, now) ?? usual, soonest), latest);
  return {
    start,
    end,
    ...(explanationUrl !== undefined && { explanationUrl }),
    nextCheckAt: now + wait,
  };
}
