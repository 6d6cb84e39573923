import { redact } from "../net/redact";
import type { ProblemDocument } from "./problem";
import { webPage } from "./webPage";

const namespace = /^urn:(?:ietf:params:)?acme:error:/;
const longestDetail = 600;
const mostSubproblems = 100;

/**
 * Reads a problem document (RFC 7807; RFC 8555, 6.7) out of an answer's body, of an order's or of a challenge's `error`.
 * Whatever is not there is left empty, because not every server or proxy sends one.
 */
export function readProblem(value: unknown, status: number, depth = 0): ProblemDocument {
  const fields: Record<string, unknown> =
    typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  const subproblems = Array.isArray(fields.subproblems) && depth < 2 ? fields.subproblems : [];
  const identifier = readIdentifier(fields.identifier);
  const instance = webPage(fields.instance);
  return {
    type: typeof fields.type === "string" ? fields.type.replace(namespace, "").replace(/^about:blank$/, "") : "",
    detail: plainText(fields.detail ?? fields.title),
    status: typeof fields.status === "number" ? fields.status : status,
    ...(identifier && { identifier }),
    ...(instance !== undefined && { instance }),
    subproblems: subproblems.slice(0, mostSubproblems).map((each) => readProblem(each, status, depth + 1)),
  };
}

function readIdentifier(value: unknown): { type: string; value: string } | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { type, value: name } = value as Record<string, unknown>;
  return typeof type === "string" && typeof name === "string" ? { type, value: name } : undefined;
}

/** One line, without control characters and anything that looks like a key, of a bounded length. */
function plainText(value: unknown): string {
  if (typeof value !== "string") return "";
  // eslint-disable-next-line no-control-regex
  const line = redact(value.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, " ").trim());
  return line.length <= longestDetail ? line : `${line.slice(0, longestDetail)}…`;
}

/** What the CA said, with what it said of each identifier: `detail (type); www.example.com: detail (type)`. */
export function describeProblem(problem: ProblemDocument): string {
  const own = [problem.detail.replace(/\.$/, ""), problem.type && `(${problem.type})`].filter(Boolean).join(" ");
  const text = own === "" ? `HTTP status ${problem.status}` : own;
  const name = problem.identifier && `${problem.identifier.value}: `;
  return [`${name ?? ""}${text}`, ...problem.subproblems.map(describeProblem)].join("; ");
}
