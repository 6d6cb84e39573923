// `npm start`: a store and a host that boots on this machine, and what the host gets while certificates rotate.
import { spawn } from "node:child_process";
import { readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { tryOut } from "../../tools/examples/tryOut.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

await tryOut(import.meta.url, async ({ configure, ensure, folder, nginx, outputs, sshd, tell, up }) => {
  const directory = join(folder, "store");
  const serve = `${path("store/serve-confirmed.sh")} ${directory} web.pem`;
  const store = await sshd({ keys: { deploy: "", fetch: `restrict,command="${serve}"` } });
  const { host, port, user, hostKey, identityFile } = store;
  const canary = await nginx({ certificate: join(directory, "web.pem"), key: join(directory, "web.pem") });
  const rotateTo = (generation, reload = canary.reload) =>
    configure({
      generation,
      timeout: "6s",
      store: {
        ...{ host, port, user, hostKey, directory },
        identityFile: identityFile("deploy"),
        check: canary.check,
        reload,
        httpsPort: canary.port,
      },
    });

  const put = join(folder, "host");
  const edge = await nginx({ certificate: join(put, "current/fullchain.pem"), key: join(put, "current/privkey.pem") });
  const command = edge.reload.map((word) => `'${word}'`).join(" ");
  const settings = {
    STORE: `${user}@${host}`,
    STORE_PORT: String(port),
    IDENTITY: identityFile("fetch"),
    KNOWN_HOSTS: join(folder, "known_hosts"),
    ROOTS: join(folder, "roots.pem"),
    DIRECTORY: put,
    NAME: "web.internal.example",
    CHECK: edge.check.join(" "),
    RELOAD: command,
    START: "true",
  };
  writeFileSync(settings.KNOWN_HOSTS, `[${host}]:${port} ${hostKey}\n`);
  const boot = () => pull(settings, tell);

  rotateTo("1");
  await up("The certificate is deployed to the store, whose own server shows it");
  const first = (await outputs()).deployedFingerprint;
  writeFileSync(settings.ROOTS, (await outputs()).trustBundlePem);
  tell("A host boots. It knows the store's key, the roots, and a key with which it can fetch and do nothing else:");
  await boot();
  ensure(await serves(edge, first), "its server was started with that certificate");
  const key = join(put, "current/privkey.pem");
  ensure((statSync(key).mode & 0o777) === 0o600, "its private key can be read by its owner alone");

  rotateTo("2", ["/bin/true"]);
  const rotation = up("A rotation that the store's server does not take up", { fails: true });
  await switched(directory);
  tell("While the store is being verified, another host fetches:");
  await boot();
  ensure(await serves(edge, first), "it gets what was verified last");
  await rotation;
  await boot();
  ensure(await serves(edge, first), "no host gets what was not verified");

  rotateTo("2");
  await up("The same rotation, once the store's server is right again");
  const second = (await outputs()).deployedFingerprint;
  ensure(second !== first, "the store has another certificate");
  tell("The timer of the host:");
  await boot();
  ensure(await serves(edge, second), "it fetches what is verified now");

  await store.stop();
  tell("The store is down, and the host boots again:");
  await boot();
  ensure(await serves(edge, second), "it serves what it has");
});

/** Runs the script that a host runs at boot and then by its timer. */
async function pull(settings, tell) {
  const env = { PATH: process.env.PATH, ...settings };
  const child = spawn(path("host/pull-certificate.sh"), [], { env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  const lines = said
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("nginx: "));
  tell(lines.map((line) => `  ${line || "(nothing new)"}`).join("\n"));
  tell(`  [exit code ${code}]`);
}

/** Resolves once the store holds a revision that is not confirmed. */
async function switched(directory) {
  const link = readlinkSync(join(directory, "web.pem"));
  const home = join(directory, link.slice(0, link.indexOf("/current/")));
  const end = Date.now() + 60_000;
  while (readlinkSync(join(home, "current")) === readlinkSync(join(home, "confirmed"))) {
    if (Date.now() > end) throw new Error("The store was not switched to another certificate.");
    await delay(20);
  }
}

/** Whether it is served; old workers of an nginx that was told to reload may answer for a moment. */
async function serves({ port }, fingerprint) {
  const end = Date.now() + 10_000;
  while ((await fingerprintAt(port)) !== fingerprint) {
    if (Date.now() > end) return false;
    await delay(50);
  }
  return true;
}

function fingerprintAt(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, servername: "web.internal.example", rejectUnauthorized: false });
    socket.on("error", reject);
    socket.on("secureConnect", () => {
      resolve(socket.getPeerX509Certificate().fingerprint256.replaceAll(":", "").toLowerCase());
      socket.destroy();
    });
  });
}
