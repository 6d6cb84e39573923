import { knownDirectories } from "../../sdk/acme/knownDirectories";
import type { PlacedAccount } from "./accounts";
import type { Candidate } from "./consider";
import { type SolverHint, describeHint, solverHint } from "./solverHints";
import { commentText, text } from "./sourceText";

/** The constants of the accounts, and what they import. */
export interface AccountsText {
  readonly source: string;
  readonly imports: readonly string[];
}

/** Certificates of an account that were proved in the same way. */
interface Proved {
  readonly authenticator: string | undefined;
  readonly webroot: string | undefined;
  readonly certificates: Candidate[];
}

/** The source text of accounts that take over those of another tool. */
export function accountsText(accounts: readonly PlacedAccount[]): AccountsText {
  if (accounts.length === 0) return { source: "", imports: [] };
  const used = accounts.flatMap(({ certificates }) =>
    certificates.flatMap(({ authenticator }) => solverHint(authenticator ?? "")?.factory ?? []),
  );
  return {
    source: `\nconst settings = new Config();\n${accounts.map(accountText).join("")}`,
    imports: ["AcmeAccount", ...new Set(used)],
  };
}

function accountText(account: PlacedAccount): string {
  const { origin, name, constant, setting, command, directory, email, certificates } = account;
  const known = knownDirectories.find(({ url }) => url === directory)?.name;
  const lines = [
    `directory: ${text(known ?? directory)},`,
    ...(email === undefined ? [] : [`email: ${text(email)},`]),
    `privateKeyPem: settings.requireSecret(${text(setting)}),`,
    ...solversText(certificates),
  ];
  return `
// The ${commentText(origin)}. Put its key into the stack's settings before the first \`pulumi up\`; afterwards it stands
// in the account's state, and both \`privateKeyPem\` and the setting can go:
//   ${commentText(command)}
const ${constant} = new AcmeAccount(${text(name)}, {
${lines.map((line) => `  ${line}\n`).join("")}});
`;
}

/** The most frequent way is for all names, the others are for theirs. */
function solversText(certificates: readonly Candidate[]): string[] {
  const groups = new Map<string, Proved>();
  for (const candidate of certificates) {
    const { authenticator, webroot } = candidate;
    const key = JSON.stringify([authenticator, webroot]);
    const group = groups.get(key) ?? { authenticator, webroot, certificates: [] };
    groups.set(key, group);
    group.certificates.push(candidate);
  }
  const ways = [...groups.values()].sort((a, b) => b.certificates.length - a.certificates.length);
  return ["solvers: [", ...ways.map((way, at) => `  ${solverText(way, at === 0)}`), "],"];
}

function solverText({ authenticator, webroot, certificates }: Proved, isForAll: boolean): string {
  const hint = solverHint(authenticator ?? "");
  const names = [...new Set(certificates.flatMap(({ facts }) => facts.names.dnsNames ?? []))];
  const selector = isForAll ? "" : `dnsNames: [${names.map(text).join(", ")}], `;
  if (hint !== undefined) return `{ ${selector}${hint.slot}: ${factoryText(hint, webroot)} },`;
  const way = authenticator === undefined ? "in a way that is not known" : `by ${authenticator}`;
  return `// ${commentText(`${names.join(", ")} proved ${way}: { ${describeHint(undefined)} }`)}`;
}

function factoryText({ factory, args }: SolverHint, webroot: string | undefined): string {
  const given = Object.entries(args).map(([name, value]) => {
    const setting = text(`${factory}${name.slice(0, 1).toUpperCase()}${name.slice(1)}`);
    if (typeof value === "number") return `${name}: ${value}`;
    if (value === "secret") return `${name}: settings.requireSecret(${setting})`;
    if (value === "webroot" && webroot !== undefined) return `${name}: ${text(webroot)}`;
    return `${name}: settings.require(${setting})`;
  });
  return `${factory}({ ${given.join(", ")} })`;
}
