import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { Resolver } from "node:dns/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec, type ExecStyle } from "../../../sdk/solvers/exec";
import { kindOfSolver } from "../../../sdk/solvers/registry";
import type { SolverFixture } from "./fixture";
import { fetchHttp } from "./standaloneHttp01";
import { startStaticServer } from "./staticServer";
import { startZoneServer } from "./zoneServer";

/** A record is a file `<name>/<value>` below RECORDS. API_TOKEN stands for the credentials of a DNS service. */
const scripts: Readonly<Record<ExecStyle, readonly (readonly [path: string, text: string])[]>> = {
  lego: [
    [
      "update-dns.sh",
      `#!/bin/sh -eu
[ "$API_TOKEN" = "sesame-open" ] || { echo "the token $API_TOKEN is wrong"; exit 3; }
name=\${2%.}
case $1 in
  present) mkdir -p "$RECORDS/$name"; : > "$RECORDS/$name/$3" ;;
  cleanup) rm -f "$RECORDS/$name/$3"; rmdir "$RECORDS/$name" 2>/dev/null || : ;;
  *) exit 2 ;;
esac
`,
    ],
  ],
  certbot: [
    [
      "auth.sh",
      `#!/bin/sh -eu
[ "$API_TOKEN" = "sesame-open" ] || { echo "the token $API_TOKEN is wrong"; exit 3; }
name=_acme-challenge.$CERTBOT_DOMAIN
mkdir -p "$RECORDS/$name"; : > "$RECORDS/$name/$CERTBOT_VALIDATION"
echo "record of $CERTBOT_DOMAIN"
`,
    ],
    [
      "cleanup.sh",
      `#!/bin/sh -eu
name=_acme-challenge.$CERTBOT_DOMAIN
rm -f "$RECORDS/$name/$CERTBOT_VALIDATION"; rmdir "$RECORDS/$name" 2>/dev/null || :
echo "$CERTBOT_AUTH_OUTPUT" > "$RECORDS.said"
`,
    ],
  ],
  // As acme.sh is laid out: a script of functions that use those of acme.sh, which defines them when it is sourced
  // and calls main "$@" at its end.
  "acme.sh": [
    [
      "acme.sh",
      `#!/usr/bin/env sh
_initpath() { INITIALIZED=yes; }
_err() { echo "$@" >&2; }
showhelp() { echo "Usage: acme.sh <command>"; }
main() { [ -z "$1" ] && showhelp && return; "$@"; }
main "$@"
`,
    ],
    [
      "dnsapi/dns_files.sh",
      `#!/usr/bin/env sh
dns_files_add() {
  fulldomain=$1
  txtvalue=$2
  [ "$API_TOKEN" = "sesame-open" ] && [ "$INITIALIZED" = yes ] || { _err "the token $API_TOKEN is wrong"; return 1; }
  mkdir -p "$RECORDS/$fulldomain" && : > "$RECORDS/$fulldomain/$txtvalue"
}
dns_files_rm() {
  fulldomain=$1
  txtvalue=$2
  rm -f "$RECORDS/$fulldomain/$txtvalue"
  rmdir "$RECORDS/$fulldomain" 2>/dev/null || :
}
`,
    ],
  ],
};

/** A folder with the scripts, and the records that they keep. */
export function scriptFolder(style: ExecStyle): { folder: string; records: string; args: ReturnType<typeof exec> } {
  const folder = mkdtempSync(join(tmpdir(), "exec-"));
  const records = join(folder, "records");
  mkdirSync(records);
  mkdirSync(join(folder, "dnsapi"));
  for (const [path, text] of scripts[style]) {
    writeFileSync(join(folder, path), text);
    if (style !== "acme.sh") chmodSync(join(folder, path), 0o755);
  }
  const paths = scripts[style].map(([path]) => join(folder, path));
  const environment = { RECORDS: records, API_TOKEN: "sesame-open" };
  const [first = "", second = ""] = paths;
  const command = style === "acme.sh" ? [second] : [first];
  const args = exec({ style, command, ...(style === "certbot" && { cleanup: [second] }), environment });
  return { folder, records, args };
}

const invalid: SolverFixture["invalid"] = [
  [{ style: "dehydrated" }, "style"],
  [{ style: undefined }, "style"],
  [{ command: "/bin/true" }, "command"],
  [{ command: [] }, "command"],
  [{ command: ["update-dns.sh"] }, "command"],
  [{ command: ["/bin/true", 7] }, "command[1]"],
  [{ style: "lego", cleanup: ["/bin/true"] }, "cleanup"],
  [{ environment: { "A B": "x" } }, "environment"],
  [{ environment: { A: 7 } }, "environment.A"],
  [{ environment: ["A=b"] }, "environment"],
  [{ timeout: 30 }, "timeout"],
];

function dnsFixture(style: ExecStyle): SolverFixture {
  return {
    kind: kindOfSolver("dns01", { kind: "exec" }, "solver"),
    slot: "dns01",
    variant: `in the style of ${style}`,
    async create() {
      const { folder, records, args } = scriptFolder(style);
      const namesOf = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);
      const server = await startZoneServer(["example.com"], (name) => namesOf(join(records, name)));
      const resolver = new Resolver();
      resolver.setServers([server.address]);
      return {
        args: { ...args, resolvers: [server.address], nameServers: [server.address] },
        name: "web.example.com",
        async answers({ identifier, digest }) {
          const found = await resolver.resolveTxt(`_acme-challenge.${identifier.value}`).catch(nothingFound);
          return found.flat().includes(digest);
        },
        leftovers: async () => readdirSync(records, { recursive: true }) as string[],
        async close() {
          resolver.cancel();
          await server.close();
          rmSync(folder, { recursive: true });
        },
      };
    },
    invalid: [
      ...invalid.filter(([change]) => style !== "certbot" || change.cleanup === undefined),
      [{ resolvers: "1.1.1.1" }, "resolvers"],
    ],
  };
}

function nothingFound(error: unknown): string[][] {
  if (["ENODATA", "ENOTFOUND"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
  throw error;
}

export const execDns01Fixtures = (["lego", "certbot", "acme.sh"] as const).map(dnsFixture);

export const execHttp01Fixture: SolverFixture = {
  kind: kindOfSolver("http01", { kind: "exec" }, "solver"),
  slot: "http01",
  async create() {
    const folder = mkdtempSync(join(tmpdir(), "exec-http-"));
    const root = join(folder, "root");
    const challenges = join(root, ".well-known", "acme-challenge");
    mkdirSync(challenges, { recursive: true });
    const script = (name: string, line: string): string => {
      const path = join(folder, name);
      writeFileSync(path, `#!/bin/sh -eu\n${line}\n`, { mode: 0o755 });
      return path;
    };
    const server = await startStaticServer(root);
    const command = [script("auth.sh", 'printf %s "$CERTBOT_VALIDATION" > "$CHALLENGES/$CERTBOT_TOKEN"')];
    const cleanup = [script("cleanup.sh", 'rm -f "$CHALLENGES/$CERTBOT_TOKEN"')];
    return {
      args: { ...exec({ style: "certbot", command, cleanup, environment: { CHALLENGES: challenges } }) },
      name: "web.example.com",
      async answers({ token, keyAuthorization }) {
        const { status, body } = await fetchHttp(server.port, `/.well-known/acme-challenge/${token}`);
        return status === 200 && body === keyAuthorization;
      },
      leftovers: async () => readdirSync(challenges),
      async close() {
        await server.close();
        rmSync(folder, { recursive: true });
      },
    };
  },
  invalid: [
    ...invalid.filter(([change]) => change.cleanup === undefined),
    [{ style: "lego" }, "style"],
    [{ resolvers: ["1.1.1.1"] }, "resolvers"],
  ],
};
