import type { Input } from "@pulumi/pulumi";
import { invalidArgument } from "../../errors";
import { parseEndpoint } from "../cloud/endpoint";
import { requiredText, shown } from "../description";

/** What solvers take whose service is an HTTP server of one's own. */
export interface SelfHostedArgs {
  /** Its base URL, as in `https://dns.example.com:8081`. Changing it takes effect with the next order. */
  readonly url: Input<string>;
  /**
   * PEM certificates of roots to trust besides the public ones. Changing it takes effect with the next order.
   * @default only the roots that Node.js trusts
   */
  readonly caBundlePem?: Input<string>;
  /**
   * Whether the URL may be `http:` on another machine, so that the credentials cross the network in clear. Changing it
   * takes effect with the next order.
   * @default false: only on this machine
   */
  readonly allowPlainHttp?: Input<boolean>;
}

export interface SelfHostedSpec {
  /** Without a last slash. */
  readonly url: string;
  readonly caBundlePem?: string;
}

export const selfHostedArgNames = ["url", "caBundlePem", "allowPlainHttp"] as const;

/** Reads the properties of `SelfHostedArgs` out of a solver's description. */
export function parseSelfHosted(given: Readonly<Record<string, unknown>>, property: string): SelfHostedSpec {
  const { allowPlainHttp = false, caBundlePem } = given;
  if (typeof allowPlainHttp !== "boolean") {
    const problem = `${shown(allowPlainHttp)} is neither true nor false.`;
    throw invalidArgument(`${property}.allowPlainHttp`, problem, "Use true or false.");
  }
  const example = "https://dns.example.com";
  const text = requiredText(given.url, `${property}.url`, `Give a base URL such as ${example}.`);
  // What may go in clear is looked at as if it did not.
  const isPlainAllowed = allowPlainHttp && text.startsWith("http://");
  const looked = isPlainAllowed ? text.replace(/^http:/, "https:") : text;
  const url = parseEndpoint(looked, `${property}.url`, example);
  if (caBundlePem !== undefined && !(typeof caBundlePem === "string" && caBundlePem.includes("BEGIN CERTIFICATE")))
    throw invalidArgument(`${property}.caBundlePem`, "is no PEM certificate.", "Give the root's PEM text.");
  return {
    url: isPlainAllowed ? url.replace(/^https:/, "http:") : url,
    ...(typeof caBundlePem === "string" && { caBundlePem }),
  };
}
