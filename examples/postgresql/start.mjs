// `npm start`: a PostgreSQL on this machine, and the program run against it.
import { readFileSync } from "node:fs";
import { tryOut } from "../../tools/examples/tryOut.mjs";

await tryOut(import.meta.url, async ({ configure, ensure, inDays, outputs, postgresql, tell, up }) => {
  const settings = readFileSync(new URL("tls.conf", import.meta.url), "utf8");
  const { owner, directory, port, reload, useTls, connect } = await postgresql(settings);
  configure({ directory, owner, port, reload });
  const serial = async () => BigInt(`0x${(await outputs()).serialNumber}`);
  useTls();

  await up("The files are written, and the server, which had no TLS so far, is told to read them");
  const session = await connect();
  ensure(session.serialNumber === (await serial()), "the server serves the certificate");
  const backend = await session.query("SELECT pg_backend_pid()");
  tell("A session over TLS stays open, and 65 days pass.");

  await up("The certificate is due, and renewed", { now: inDays(65) });
  const next = await connect();
  ensure(next.serialNumber === (await serial()), "new sessions get the new certificate");
  ensure(next.serialNumber !== session.serialNumber, "the certificate was renewed");
  ensure((await session.query("SELECT pg_backend_pid()")) === backend, "the session of before goes on");
  tell(`New sessions get the new certificate; the one of before goes on with its backend process, ${backend}.`);
  for (const each of [session, next]) each.close();
});
