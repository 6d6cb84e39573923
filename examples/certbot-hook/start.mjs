// `npm start`: a folder of certbot with its hook and an nginx on this machine, and the program run against them.
import { readFileSync } from "node:fs";
import { tryOut } from "../../tools/examples/tryOut.mjs";

await tryOut(import.meta.url, async ({ certbotHost, configure, ensure, inDays, outputs, tell, up }) => {
  const hook = readFileSync(new URL("nginx.sh", import.meta.url), "utf8");
  const { letsencrypt, port, served, fileSerial } = await certbotHost("www.internal.example", hook);
  configure({ letsencrypt, port });
  const serial = async () => BigInt(`0x${(await outputs()).serialNumber}`);
  ensure((await served()) === fileSerial("cert.pem"), "nginx serves certbot's certificate");
  tell("nginx serves what certbot's deploy hook gave it when it last renewed.");

  await up("The stack takes the lineage over, and runs the hook");
  const first = await serial();
  ensure((await served()) === first, "the hook gave the certificate to nginx");
  ensure(fileSerial("cert.pem") === first, "it stands where certbot had its own");
  tell("The hook did not notice a difference. 65 days pass.");

  await up("The certificate is due, and renewed", { now: inDays(65) });
  const second = await serial();
  ensure(second !== first && (await served()) === second, "the hook gave the new certificate to nginx");
  tell("The hook ran once more, as after every renewal.");
});
