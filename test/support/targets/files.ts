import { createPrivateKey, X509Certificate } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AnyTargetKind, kindOfTarget } from "../../../sdk/targets/registry";
import type { Refusable, TargetFixture, TestTarget } from "./fixture";

/** Fails if the pair does not fit; undefined if neither file is there. */
export function pairIn(directory: string, certificate = "fullchain.pem", key = "privkey.pem"): string | undefined {
  const paths = [join(directory, certificate), join(directory, key)] as const;
  const present = paths.filter((path) => existsSync(path));
  if (present.length === 0) return undefined;
  if (present.length === 1) throw new Error(`Only ${String(present[0])} is there.`);
  const parsed = new X509Certificate(readFileSync(paths[0]));
  if (!parsed.checkPrivateKey(createPrivateKey(readFileSync(paths[1])))) throw new Error(`${directory}: another key.`);
  return parsed.fingerprint256.replaceAll(":", "").toLowerCase();
}

/** What stands without a reason in the homes of the deployments to this directory. */
export function leftoversIn(directory: string): string[] {
  const store = join(directory, ".pulumi-certificates");
  const homes = readdirSync(store).filter((name) => !name.startsWith("."));
  return homes.flatMap((name) => leftoversInHome(join(store, name)));
}

function leftoversInHome(home: string): string[] {
  const links = ["current", "confirmed", "previous"].filter((name) => existsSync(join(home, name)));
  const expected = new Set(["owner.json", ...links, ...links.map((name) => readlinkSync(join(home, name)))]);
  return readdirSync(home).filter((name) => !expected.has(name));
}

/** Everything that a rewrite in this directory would change. */
export function tracesOf(directory: string): unknown {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory, { recursive: true }) as string[];
  return [directory, ...names.map((name) => join(directory, name))].map((path) => {
    const { ino, mtimeMs, ctimeMs, size } = lstatSync(path);
    return [path, ino, mtimeMs, ctimeMs, size];
  });
}

/** A server that keeps its own copy of the files, made when it is told to reload. */
function createFilesTarget(): TestTarget {
  const base = mkdtempSync(join(tmpdir(), "files-target-"));
  const directory = join(base, "etc", "tls");
  const server = join(base, "server");
  mkdirSync(server);
  const log = join(base, "reloads");
  const script = (name: string, work: string): string[] => {
    const path = join(base, name);
    writeFileSync(
      path,
      `#!/bin/sh\nif [ -e '${base}/refuse-${name}' ]; then echo ${name} says no >&2; exit 7; fi\n${work}\n`,
      {
        mode: 0o755,
      },
    );
    return [path];
  };
  return {
    args: {
      kind: "files",
      directory,
      files: { "fullchain.pem": "fullChain", "privkey.pem": "privateKey" },
      checkStaged: script("checkStaged", 'test -s "$CERTIFICATE_DIRECTORY/fullchain.pem"'),
      check: script("check", `test -s '${directory}/fullchain.pem'`),
      reload: script(
        "reload",
        `echo "$CERTIFICATE_FINGERPRINT" >> '${log}'; cp -L '${directory}/fullchain.pem' '${directory}/privkey.pem' '${server}/'`,
      ),
      onDelete: "remove",
    },
    served: () => pairIn(server),
    stored: () => pairIn(directory),
    reloads: () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").length : 0),
    refuse(command: Refusable | undefined) {
      for (const name of ["checkStaged", "check", "reload"]) rmSync(join(base, `refuse-${name}`), { force: true });
      if (command !== undefined) writeFileSync(join(base, `refuse-${command}`), "");
    },
    damage: () => writeFileSync(join(directory, "privkey.pem"), "something else"),
    traces: () => tracesOf(directory),
    leftovers: () => leftoversIn(directory),
    left: () => existsSync(directory),
    remove: () => rmSync(base, { recursive: true }),
  };
}

export const filesFixture = {
  kind: kindOfTarget({ kind: "files" }, "target") satisfies AnyTargetKind,
  refusable: ["checkStaged", "check", "reload"],
  create: createFilesTarget,
  unwritable: { kind: "files", directory: "/etc/passwd/tls", files: { "fullchain.pem": "fullChain" } },
} satisfies TargetFixture;
