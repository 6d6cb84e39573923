import { formatDay } from "../../sdk/duration";
import { certificateArguments } from "./certificateArguments";
import type { Candidate } from "./consider";

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
  /** The command that writes it, for the comment at its top. */
  readonly command: string;
}

/** What an expression for the issuer may name without an import of its own. */
const issuerExports = ["AcmeAccount", "CertificateAuthority", "caIssuer", "selfSigned"];

/** The text of a TypeScript module that adopts the certificates. */
export function programText(certificates: readonly Placed[], { issuer, command }: ProgramOptions): string {
  const imported = ["Certificate", ...issuerExports.filter((name) => new RegExp(`\\b${name}\\b`).test(issuer ?? ""))];
  const resources = certificates.map(resourceText).join("");
  const head = `// Written by \`${commentText(command)}\`.
//
// The certificates are taken over as they are: nothing is issued, and each is renewed by the \`pulumi up\` in which it
// comes due. Files are read on the machine that runs Pulumi as long as \`adopt\` stands there: remove every \`adopt\`
// after the first \`pulumi up\`.
import { ${imported.join(", ")}, type Issuer } from "pulumi-certificates";
`;
  if (issuer !== undefined)
    return `${head}\nconst issuer: Issuer = ${issuer};\n\nexport const adopted = {\n${resources}};\n`;
  return `${head}
/** Takes the certificates over. The issuer signs their renewals. */
export const adoptCertificates = (issuer: Issuer) => ({
${resources}});
`;
}

function resourceText(placed: Placed): string {
  const { name, candidate, certificatePath, privateKeyPath } = placed;
  const args = [
    ["issuer", undefined],
    ...Object.entries(certificateArguments(candidate)),
    ["adopt", { certificatePath, ...(privateKeyPath === undefined ? {} : { privateKeyPath }) }],
  ] as const;
  const lines = args.map(([key, value]) => `    ${value === undefined ? key : `${key}: ${literal(value, "    ")}`},\n`);
  return `${remarks(placed)}  ${key(name)}: new Certificate(${text(name)}, {\n${lines.join("")}  }),\n`;
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

const text = (value: string): string => JSON.stringify(value).replace(/[\u2028\u2029]/g, escaped);
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16)}`;
const key = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : text(name));

/** What other tools wrote ends no comment: everything that breaks a line is a space. */
// eslint-disable-next-line no-control-regex -- these are the characters to replace
const commentText = (line: string): string => line.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ");
