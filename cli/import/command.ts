import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { invalidArgument, messageOf } from "../../sdk/errors";
import { placeAccounts } from "./accounts";
import { findAcm } from "./acm";
import { findAcmeSh } from "./acmeSh";
import { findCertbot } from "./certbot";
import { consider } from "./consider";
import { findEndpoints } from "./endpoints";
import { findFiles } from "./files";
import type { Findings } from "./found";
import { KeySearch } from "./keySearch";
import { findKubernetes, readSecrets } from "./kubernetes";
import { place, writeNew } from "./place";
import { programText } from "./program";
import { importedAccount, importedCertificate, type ImportReport, reportText } from "./report";
import { authenticatorsOf } from "./solverHints";
import { readTextFile } from "./textFile";

export const importHelp = `Usage: pulumi-certificates import <source> [options]

Writes a TypeScript program that takes over certificates which are in use already. Nothing is issued, and nothing is
changed at the source.

Sources:
  certbot [folder]        the lineages of certbot          (/etc/letsencrypt)
  acme-sh [folder]        the certificates of acme.sh      (~/.acme.sh)
  files <pattern…>        PEM files, folders, patterns such as '/etc/ssl/**/*.pem'
  endpoint <host:port…>   what servers show; also smtp://host:25 and postgresql://host:5432
  kubernetes [file | -]   TLS secrets, by kubectl or from the output of \`kubectl get secrets -o json\`
  acm                     what was imported into AWS Certificate Manager, by the AWS command line

Options:
  --out <file>            the program to write             (adopted.ts)
  --issuer <expression>   who issues the renewals, as TypeScript: 'selfSigned()'; without it the ACME accounts of
                          certbot and acme.sh are taken over, and for other certificates the program exports a function
                          that takes the issuer
  --keys <pattern>        where to look for private keys besides the folders of the certificates; repeatable
  --key-folder <folder>   where to write keys that stand in no file (kubernetes); without it they are left out
  --take-over             also take what another tool renews; stop that tool afterwards, the output says how
  --server-name <name>    the name to ask endpoints for
  --namespace <name>, --all-namespaces, --context <name>   for kubectl
  --region <name>, --profile <name>                        for aws
  --json                  print what was imported and refused as JSON

A file that exists is never overwritten. No private key is written into the program: the output says how the key of an
account gets into the stack's settings, as a secret.
`;

const options = {
  out: { type: "string", default: "adopted.ts" },
  issuer: { type: "string" },
  keys: { type: "string", multiple: true, default: [] },
  "key-folder": { type: "string" },
  "take-over": { type: "boolean", default: false },
  "server-name": { type: "string" },
  namespace: { type: "string" },
  "all-namespaces": { type: "boolean", default: false },
  context: { type: "string" },
  region: { type: "string" },
  profile: { type: "string" },
  json: { type: "boolean", default: false },
} as const satisfies ParseArgsConfig["options"];

type Parsed = ReturnType<typeof parse>;
type Values = Parsed["values"];

/** One entry for each source. */
const sources: Readonly<Record<string, (where: readonly string[], values: Values) => Findings | Promise<Findings>>> = {
  certbot: (where) => findCertbot(atMostOne(where)),
  "acme-sh": (where) => findAcmeSh(atMostOne(where)),
  files: (where) => findFiles(where),
  endpoint: (where, values) => findEndpoints(where, values["server-name"]),
  kubernetes: async (where, values) => findKubernetes(await secretsFrom(atMostOne(where), values)),
  acm: (where, values) => {
    if (where.length > 0) throw invalidArgument("import", `acm takes no ${where.join(" ")}.`, "Give --region.");
    return findAcm(passedOn(values, ["region", "profile"]));
  },
};

/** The command `import`: 0 if a program was written, 1 if there was nothing to take over. */
export async function runImport(
  args: readonly string[],
  streams: { out: NodeJS.WritableStream; err: NodeJS.WritableStream },
): Promise<number> {
  const { positionals, values } = parse(args);
  const [source = "", ...where] = positionals;
  const find = Object.hasOwn(sources, source) ? sources[source] : undefined;
  if (find === undefined) {
    throw invalidArgument("import", `"${source}" is no source.`, `Give one of ${Object.keys(sources).join(", ")}.`);
  }
  const { found, refused } = await find(where, values);
  const keys = new KeySearch(values.keys);
  const considered = consider(found, { takeOver: values["take-over"], keys, now: Date.now() });
  const program = resolve(values.out);
  const keyFolder = values["key-folder"];
  const { placed, files } = place(considered.candidates, {
    out: program,
    ...(keyFolder === undefined ? {} : { keyFolder }),
  });
  // Whoever names an issuer has an account.
  const { accounts, refused: refusedAccounts } = placeAccounts(
    values.issuer === undefined ? considered.candidates : [],
  );
  const report: ImportReport = {
    ...(placed.length === 0 ? {} : { program }),
    imported: placed.map(importedCertificate),
    refused: [...refused, ...considered.refused, ...refusedAccounts],
    authenticators: authenticatorsOf(considered.candidates),
    accounts: accounts.map(importedAccount),
  };
  if (placed.length > 0) {
    const content = programText(placed, {
      command: `pulumi-certificates import ${positionals.join(" ")}`,
      accounts,
      ...(values.issuer === undefined ? {} : { issuer: values.issuer }),
    });
    writeNew([...files, { path: program, content }]);
  }
  streams.out.write(values.json ? `${JSON.stringify(report, undefined, 2)}\n` : reportText(report));
  return placed.length > 0 ? 0 : 1;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw invalidArgument("import", messageOf(error), "See: pulumi-certificates import --help.");
  }
}

function atMostOne(where: readonly string[]): string | undefined {
  if (where.length <= 1) return where[0];
  throw invalidArgument("import", `${where.length} places are given: ${where.join(" ")}.`, "Give one.");
}

/** The JSON of the secrets: from kubectl, from standard input, or from a file. */
async function secretsFrom(where: string | undefined, values: Values): Promise<string> {
  if (where === "-") return text(process.stdin);
  if (where !== undefined) {
    const content = readTextFile(where);
    if (content !== undefined) return content;
    throw invalidArgument("kubernetes", `there is no file ${where}.`, "Give - for standard input.");
  }
  const all = values["all-namespaces"] ? ["--all-namespaces"] : [];
  return readSecrets([...all, ...passedOn(values, ["namespace", "context"])]);
}

/** Options that another program gets as they are. */
function passedOn(values: Values, names: readonly ("namespace" | "context" | "region" | "profile")[]): string[] {
  return names.flatMap((name) => (values[name] === undefined ? [] : [`--${name}`, values[name]]));
}
