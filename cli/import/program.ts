import { formatDay } from "../../sdk/duration";
import type { PlacedAccount } from "./accounts";
import { accountsText } from "./accountText";
import { certificateArguments } from "./certificateArguments";
import type { Candidate } from "./consider";
import { commentText, text } from "./sourceText";

/** A certificate with the name of its resource and the files that the program names. */
export interface Placed {
  readonly name: string;
  readonly candidate: Candidate;
  readonly certificatePath: string;
  readonly privateKeyPath?: string;
}

export interface ProgramOptions {
  /** A TypeScript expression for the issuer of the renewals. @default a parameter of an exported function */
  readonly issuer?: string;
  /** Accounts to take over, which issue the renewals of their certificates. @default none */
  readonly accounts?: readonly PlacedAccount[];
  /** The command that writes it, for the comment at its top. */
  readonly command: string;
}

/** What an expression for the issuer may name without an import of its own. */
const issuerExports = ["AcmeAccount", "CertificateAuthority", "caIssuer", "selfSigned"];

/** The text of a TypeScript module that adopts the certificates. */
export function programText(
  certificates: readonly Placed[],
  { issuer, accounts = [], command }: ProgramOptions,
): string {
  const { source, imports } = accountsText(accounts);
  const issuers = issuerExports.filter((name) => new RegExp(`\\b${name}\\b`).test(issuer ?? ""));
  const imported = [...new Set(["Certificate", ...issuers, ...imports])].sort();
  const accountOf = (candidate: Candidate): string | undefined =>
    accounts.find((account) => account.certificates.includes(candidate))?.constant;
  const resources = certificates.map((each) => resourceText(each, accountOf(each.candidate))).join("");
  const hasOther = issuer !== undefined || certificates.some(({ candidate }) => accountOf(candidate) === undefined);
  const head = `// Written by \`${commentText(command)}\`.
//
// The certificates are taken over as they are: nothing is issued, and each is renewed by the \`pulumi up\` in which it
// comes due. Files are read on the machine that runs Pulumi as long as \`adopt\` stands there: remove every \`adopt\`
// after the first \`pulumi up\`.
${source === "" ? "" : 'import { Config } from "@pulumi/pulumi";\n'}import { ${imported.join(", ")}${hasOther ? ", type Issuer" : ""} } from "pulumi-certificates";
${source}`;
  if (issuer !== undefined)
    return `${head}\nconst issuer: Issuer = ${issuer};\n\nexport const adopted = {\n${resources}};\n`;
  if (!hasOther) return `${head}\nexport const adopted = {\n${resources}};\n`;
  return `${head}
/** Takes the certificates over. The issuer signs their renewals. */
export const adoptCertificates = (issuer: Issuer) => ({
${resources}});
`;
}

function resourceText(placed: Placed, account: string | undefined): string {
  const { name, candidate, certificatePath, privateKeyPath } = placed;
  const args = [
    ...Object.entries(certificateArguments(candidate)),
    ["adopt", { certificatePath, ...(privateKeyPath === undefined ? {} : { privateKeyPath }) }],
  ] as const;
  const lines = args.map(([key, value]) => `    ${key}: ${literal(value, "    ")},\n`);
  const issuer = account === undefined ? "    issuer,\n" : `    issuer: ${account},\n`;
  return `${remarks(placed)}  ${key(name)}: new Certificate(${text(name)}, {\n${issuer}${lines.join("")}  }),\n`;
}

function remarks({ candidate, privateKeyPath }: Placed): string {
  const { origin, authenticator, directory, facts, managedBy, chain } = candidate;
  const proved = authenticator === undefined ? "" : `, proved by ${authenticator}`;
  const from = directory === undefined ? "" : ` at ${directory}`;
  const lines = [
    `${origin}${proved}${from}; valid until ${formatDay(facts.notAfter.getTime())}`,
    ...(managedBy === undefined ? [] : [`${managedBy.tool} renews it too until that is stopped. ${managedBy.stop}`]),
    ...(privateKeyPath === undefined ? ["Without its key: the first renewal makes a new one."] : []),
    ...(chain.length === 0 && facts.issuer !== facts.subject ? ["Its chain did not come with it."] : []),
  ];
  return lines.map((line) => `  // ${commentText(line)}\n`).join("");
}

/** A value as source text; short lists stand on one line. */
function literal(value: unknown, indent: string): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item) => literal(item, inner));
    const line = `[${items.join(", ")}]`;
    return line.length <= 90 ? line : `[\n${items.map((item) => `${inner}${item},\n`).join("")}${indent}]`;
  }
  if (typeof value === "object" && value !== null) {
    const lines = Object.entries(value).map(([name, each]) => `${key(name)}: ${literal(each, inner)}`);
    const line = `{ ${lines.join(", ")} }`;
    return line.length <= 90 ? line : `{\n${lines.map((each) => `${inner}${each},\n`).join("")}${indent}}`;
  }
  return text(String(value));
}

const key = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : text(name));
