// `npm run quickstart`: the ten steps.
import { ensureBuild, ensureDependencies } from "../setup.mjs";
import { ensurePulumi } from "../pulumi.mjs";
import { look, startLoop } from "./clients.mjs";
import { Engine, essence, waitForLeftover } from "./engine.mjs";
import { chapter, say, tell } from "./narrate.mjs";
import { reloadCommand, startServer } from "./server.mjs";
import { begin, configure, exists, inFolder, shownFolder, stack } from "./trial.mjs";

const serverName = "web.internal.example";
const day = 86_400_000;
const dayOf = (time) => new Date(time).toISOString().slice(0, 10);
const short = (serialNumber) => `${serialNumber.slice(0, 8)}…`;

export async function tour() {
  const started = Date.now();
  say("The path of a certificate, on this machine: issue, deploy, verify, preview, rotate.");
  say(`All it makes is in ${shownFolder}. Your own Pulumi login and stacks are not touched.`);

  await chapter("The npm packages", ensureDependencies);
  await chapter("The compiled package", ensureBuild);
  const pulumi = await chapter("The Pulumi CLI", async () => {
    const found = await ensurePulumi();
    tell(`Version ${found.version}, from ${found.source}.`);
    return found;
  });
  await waitForLeftover(say);
  const engine = new Engine(pulumi);

  const server = await chapter("A place for the state, and a web server", prepare);
  try {
    await show(engine, server.port);
  } finally {
    await server.stop();
  }
  summary(started);

  async function prepare() {
    if (exists()) tell("What an earlier run left here is removed first.");
    begin();
    await engine.run(["stack", "init", stack, "--no-select"]);
    const running = await startServer();
    configure({ port: running.port, reload: reloadCommand });
    tell(
      `The state goes to ${shownFolder}backend, encrypted where it is secret. The web server listens on ` +
        `https://127.0.0.1:${running.port}; it has no certificate yet and refuses every client.`,
    );
    return running;
  }
}

async function show(engine, port) {
  const address = { port, caPath: inFolder("tls", "ca.pem"), serverName };

  await chapter("The first `pulumi up`", async () => {
    const { changes, counts } = essence(await engine.up());
    tell([...changes, ...counts.map((count) => `   ${count}`)].join("\n"));
    tell(
      "Two CAs, a certificate of its own and three in a set were issued. `edge` put one of them into the files of the " +
        "web server and reloaded it; `edge-live` connected until the server presented exactly this certificate.",
    );
  });

  const before = await chapter("What a client sees", async () => {
    const served = await look(address);
    const { webRenewal, webSerialNumber } = await engine.outputs();
    if (served.serialNumber !== webSerialNumber) throw new Error("The web server presents another certificate.");
    describe(served);
    tell(`The stack says that it is due on ${dayOf(webRenewal.dueAt)}.`);
    return { ...served, dueAt: Date.parse(webRenewal.dueAt) };
  });

  await chapter("`pulumi preview` as if it were tomorrow", async () => {
    const now = new Date(Date.now() + day).toISOString();
    const { counts } = essence(await engine.preview({ now }, "--expect-no-changes"));
    tell([`   ${counts.join(", ")}`, "Nothing is due, so nothing changes."].join("\n"));
  });

  const dueDay = dayOf(before.dueAt + day);
  await chapter(`\`PULUMI_CERTIFICATES_NOW=${dueDay} pulumi preview\`: what will be due then?`, async () => {
    const { changes, reasons, counts } = essence(await engine.preview({ now: dueDay }));
    if (!reasons.some((reason) => reason.startsWith("web "))) throw new Error("The preview shows no renewal of web.");
    tell([...changes, ...counts.map((count) => `   ${count}`)].join("\n"));
    tell("Why:");
    tell(reasons.map((reason) => `   ${reason}`).join("\n"));
    tell("This is a preview only: nothing was done. In the files and on the web server everything is as before.");
  });

  await chapter(`\`pulumi up\` on that day, while a client connects 100 times a second`, async () => {
    const loop = await startLoop(address);
    try {
      const { changes, counts } = essence(await engine.up({ now: dueDay }));
      const seen = await loop.end();
      tell([...changes, ...counts.map((count) => `   ${count}`)].join("\n"));
      judge(seen);
    } finally {
      loop.stop();
    }
  });

  await chapter("What a client sees now", async () => {
    const served = await look(address);
    if (served.fingerprint === before.fingerprint)
      throw new Error("The web server still presents the old certificate.");
    describe(served);
    tell(
      `Until the rotation it was ${short(before.serialNumber)}: the key is new, names and trusted root are the same. Its ` +
        "90 days count from the real date, as always; only the decision what is due was made as of another day.",
    );
  });
}

function describe({ protocol, serialNumber, issuer, names, notAfter }) {
  tell(
    [
      `   connected with ${protocol}, trusting the root CA alone`,
      `   certificate ${short(serialNumber)} for ${names}`,
      `   issued by ${issuer}, expires on ${dayOf(notAfter)}`,
    ].join("\n"),
  );
}

/** The rotation must be invisible to clients, apart from the one change. */
function judge({ handshakes, resumed, errors, seen }) {
  const [first, second] = seen;
  if (errors.length > 0) throw new Error(`${errors.length} handshakes failed in the rotation, as: ${errors[0]}`);
  if (seen.length !== 2) throw new Error(`The served certificate changed ${seen.length - 1} times instead of once.`);
  if (resumed > 0) throw new Error(`${resumed} handshakes resumed a session, and so showed no certificate.`);
  tell(
    `${handshakes} full handshakes, 0 failed: ${first.handshakes} got the old certificate, then ` +
      `${second.handshakes} the new one. The certificate changed once, with no moment in between.`,
  );
}

function summary(started) {
  say(`
Done in ${Math.round((Date.now() - started) / 1000)} s. The web server is stopped; the stack is still there to look at.

What happened
  - A certificate is a resource. When it comes due, \`pulumi preview\` shows a diff with the reason, and
    \`pulumi up\` renews it. No agent runs anywhere: a \`pulumi up --refresh\` every day in CI is enough.
  - Its deployment is a resource too: written, checked, switched at once, reloaded, verified; what was there
    before comes back if any of that fails.
  - The day was set with PULUMI_CERTIFICATES_NOW. A preview may always do that; an \`up\` only on a stack that
    allows it (certificates:allowTimeTravel), as this one.

Look around
  examples/quickstart/index.ts                        the program that ran
  npm run quickstart -- pulumi preview --diff         any command of the Pulumi CLI on this stack
  README.md, examples/                                a first program of your own, and one example a topic
  npm run quickstart -- --clean                       removes all of this`);
}
