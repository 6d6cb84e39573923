// Provides the programs of Debian packages that tests run: `node tools/servers.mjs` prints their paths.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import { cachePath, withLock } from "./cache.mjs";
import { exec, findOnPath, main, step } from "./exec.mjs";

/** Program → the Debian package it comes from, and those with its modules. */
const packages = {
  openssl: "openssl",
  nginx: "nginx",
  apache2: "apache2",
  haproxy: "haproxy",
  socat: "socat",
  curl: "curl",
  postgres: "postgresql",
  keytool: "default-jre-headless",
  javac: "default-jdk-headless",
  "update-ca-certificates": "ca-certificates",
  named: "bind9",
  pdns_server: "pdns-server pdns-backend-lmdb",
  sshd: "openssh-server",
  etcd: "etcd-server",
  sudo: "sudo",
  shellcheck: "shellcheck",
};
/** What does not work where it was only unpacked: the kernel gives its rights to an installed one alone. */
const onlyInstalled = ["sudo"];
/** Where programs stand that were unpacked instead of installed. */
const unpackedFolder = cachePath("servers", "bin");

/**
 * The paths of the programs, of all by default. What is missing is installed by root in a CI run, and else unpacked
 * into the cache, which needs no rights and starts nothing.
 *
 * @param {(keyof typeof packages)[]} wanted
 * @returns {Promise<Record<keyof typeof packages, string>>}
 */
export async function ensureServers(wanted = available()) {
  if (missing(wanted).length > 0) await withLock("servers", () => provide(wanted));
  const left = missing(wanted);
  if (left.length > 0) throw new Error(`Not found: ${left.join(", ")}. Install the package that has it.`);
  return Object.fromEntries(wanted.map((name) => [name, findProgram(name)]));
}

const isInstalling = () => Boolean(process.env.CI) && process.getuid() === 0;

const available = () =>
  Object.keys(packages).filter((name) => isInstalling() || !onlyInstalled.includes(name) || findProgram(name));

const missing = (wanted) => wanted.filter((name) => !findProgram(name));

function findProgram(name) {
  const postgresql = "/usr/lib/postgresql";
  const versions = existsSync(postgresql)
    ? readdirSync(postgresql).map((version) => join(postgresql, version, "bin"))
    : [];
  return findOnPath(
    name,
    [process.env.PATH, "/usr/sbin", "/usr/local/sbin", ...versions, unpackedFolder].join(delimiter),
  );
}

async function provide(programs) {
  const names = missing(programs);
  const wanted = names.flatMap((name) => packages[name].split(" "));
  if (wanted.length === 0) return;
  if (!findOnPath("apt-get"))
    throw new Error(`Not found: ${names.join(", ")}, and there is no apt-get to fetch them with.`);
  const root = process.getuid() === 0;
  const fetch = isInstalling() ? install : unpack;
  await step(`Fetching ${wanted.join(", ")} from Debian`, async () => {
    try {
      await fetch(wanted);
    } catch (error) {
      if (!root) throw error;
      await apt("update"); // the package lists are missing or old
      await fetch(wanted);
    }
  });
}

const apt = (...args) =>
  exec("apt-get", args, { env: { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" }, timeoutMs: 600_000 });

const install = (wanted) => apt("install", "-y", "--no-install-recommends", ...wanted);

/** Downloads the packages with what they need and is not installed, unpacks them, and writes a wrapper per program. */
async function unpack(wanted) {
  const folder = cachePath("servers", wanted.join("+"));
  const staging = `${folder}.${process.pid}`;
  const archives = join(staging, "archives");
  mkdirSync(join(archives, "partial"), { recursive: true });
  try {
    // Without locking it needs no rights: nothing but the folder of the archives is written.
    const options = [`Dir::Cache::archives=${archives}`, "Debug::NoLocking=1", "APT::Sandbox::User="];
    const flags = options.flatMap((option) => ["-o", option]);
    await apt(...flags, "install", "-y", "--no-install-recommends", "--download-only", ...wanted);
    for (const name of readdirSync(archives).filter((file) => file.endsWith(".deb")))
      await exec("dpkg", ["-x", join(archives, name), staging]);
    rmSync(archives, { recursive: true });
    rmSync(folder, { recursive: true, force: true });
    renameSync(staging, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  relink(folder);
  writeWrappers(folder);
}

/** Links that lead to where the packages would be installed, such as those of Java to its settings in /etc. */
function relink(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const unpacked = join(folder, readlinkSync(path));
    if (!isAbsolute(readlinkSync(path)) || !existsSync(unpacked)) continue;
    rmSync(path);
    symlinkSync(unpacked, path);
  }
}

function writeWrappers(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  const of = (entry) => join(entry.parentPath ?? entry.path, entry.name);
  const libraries = new Set(
    files.filter((entry) => /\.so(\.|$)/.test(entry.name)).map((entry) => entry.parentPath ?? entry.path),
  );
  const programs = [...Object.keys(packages), "initdb", "java"];
  const found = files.filter(
    (entry) => entry.isFile() && programs.includes(entry.name) && /\/s?bin\/[^/]+$/.test(of(entry)),
  );
  mkdirSync(unpackedFolder, { recursive: true });
  const environment = libraries.size > 0 ? `LD_LIBRARY_PATH='${[...libraries].join(":")}' ` : "";
  for (const entry of found) {
    const text = `#!/bin/sh\n${environment}exec '${of(entry)}' "$@"\n`;
    writeFileSync(join(unpackedFolder, entry.name), text, { mode: 0o755 });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await main(async () => {
    process.stdout.write(`${JSON.stringify(await ensureServers(), null, 2)}\n`);
  });
