import { readFileSync } from "node:fs";
import { findProgram } from "./program";
import { isProvided, providedProgram } from "./providedPrograms";

/** How to get what a test can need beyond Node: shown where it is missing. */
const requirements = {
  openssl: "install OpenSSL 3, or run `node tools/servers.mjs`",
  nginx: "run `node tools/servers.mjs`",
  apache2: "run `node tools/servers.mjs`",
  haproxy: "run `node tools/servers.mjs`",
  socat: "run `node tools/servers.mjs`",
  postgres: "run `node tools/servers.mjs`",
  keytool: "install a Java runtime, or run `node tools/servers.mjs`",
  "update-ca-certificates": "install ca-certificates, or run `node tools/servers.mjs`",
  javac: "install a Java development kit, or run `node tools/servers.mjs`",
  named: "run `node tools/servers.mjs`",
  pdns_server: "run `node tools/servers.mjs`",
  sshd: "run `node tools/servers.mjs`; as root install openssh-server, which makes the user that it needs",
  envoy: "install Python 3.9 or later, with venv",
  curl: "run `node tools/servers.mjs`",
  sudo: "install sudo",
  shellcheck: "run `node tools/servers.mjs`",
  go: "install Go",
  pebble: "install Go, which builds it",
  aws: "install Python 3.9 or later, with venv",
  "kube-apiserver": "install Go, which builds it; etcd comes from Debian",
  etcd: "run `node tools/servers.mjs`",
  "cert-manager": "install Go, which builds it",
  moto_server: "install Python 3.9 or later, with venv",
  root: "run the tests as root on Linux: they mount file systems and give files away",
};
export type Requirement = keyof typeof requirements;

/** The `describe` and `test` of tests that need something, and the path of the program that they need. */
export interface Needed {
  describe(title: string, body: () => void): void;
  test(title: string, body: jest.ProvidesCallback): void;
  /** Empty where it is missing, or is no program. */
  readonly program: string;
}

/**
 * Tests that need something which not every machine has: `needs("nginx").describe("nginx", …)`. Where it is missing
 * they are skipped, with the reason in their title; in a CI run (`CI=true`) they fail, so that none is lost unseen.
 */
export function needs(what: Requirement): Needed {
  const root = process.getuid?.() === 0 && process.platform === "linux";
  const program = programOf(what);
  if (what === "root" ? root : program !== "") return { describe, test, program };
  const reason = `needs ${what}: ${requirements[what]}`;
  if (process.env["CI"] === "true") {
    const fail = (): never => {
      throw new Error(reason);
    };
    return {
      describe: (title) => describe(title, () => test(reason, fail)),
      test: (title) => test(title, fail),
      program,
    };
  }
  return {
    describe: (title, body) => describe.skip(`${title} [${reason}]`, body),
    test: (title, body) => test.skip(`${title} [${reason}]`, body),
    program,
  };
}

function programOf(what: Requirement): string {
  if (what === "root") return "";
  // Started by root it leaves its rights to a user of its own, whom unpacking does not make.
  if (what === "sshd" && process.getuid?.() === 0 && !/^sshd:/m.test(readFileSync("/etc/passwd", "utf8"))) return "";
  return (isProvided(what) ? providedProgram(what) : findProgram(what)) ?? "";
}
