// `npm start`: an Envoy on this machine, and the program run against it.
import { readFileSync } from "node:fs";
import { tryOut } from "../../tools/examples/tryOut.mjs";

await tryOut(import.meta.url, async ({ configure, ensure, envoy, inDays, outputs, tell, up }) => {
  const bootstrap = readFileSync(new URL("envoy.yaml", import.meta.url), "utf8");
  const { directory, admin, start, port, connect, statistic } = await envoy(bootstrap);
  configure({ directory, admin, start, port });

  await up("The files are written, and Envoy, which did not run, is started");
  const open = await connect();
  ensure(open.serialNumber === BigInt(`0x${(await outputs()).serialNumber}`), "Envoy serves the certificate");
  const updates = await statistic("ssl_context_update_by_sds");
  tell("Envoy serves the certificate. One connection stays open, and 65 days pass.");

  await up("The certificate is due, and renewed", { now: inDays(65) });
  const renewed = BigInt(`0x${(await outputs()).serialNumber}`);
  ensure(renewed !== open.serialNumber, "the certificate was renewed");
  const next = await connect();
  ensure(next.serialNumber === renewed, "Envoy serves the new certificate");
  ensure(await open.isAnswered(), "a request on the connection of before is answered");
  ensure((await statistic("ssl_context_update_by_sds")) === updates + 1, "Envoy took up one certificate");
  ensure((await statistic("key_rotation_failed")) === 0, "Envoy refused none");
  tell("New connections get the new certificate, the one of before is still answered, and no command was run.");
  for (const connection of [open, next]) connection.close();
});
