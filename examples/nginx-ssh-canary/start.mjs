// `npm start`: three hosts on this machine, each with its SSH server and its nginx, and the program run against them.
import { readFileSync } from "node:fs";
import { tryOut } from "../../tools/examples/tryOut.mjs";

await tryOut(import.meta.url, async ({ configure, edgeHosts, ensure, inDays, outputs, tell, up }) => {
  const configuration = readFileSync(new URL("nginx.conf", import.meta.url), "utf8");
  const { settings, hosts } = await edgeHosts(3, configuration);
  configure(settings);
  const served = () => Promise.all(hosts.map((host) => host.served()));
  const serial = async () => BigInt(`0x${(await outputs()).serialNumber}`);
  const before = await served();
  tell(
    `Three hosts (${hosts.map(({ address }) => address).join(", ")}) serve certificates that somebody copied there.`,
  );

  await up("They get one from the stack: the canary first, then the other two");
  const first = await serial();
  ensure(
    (await served()).every((each, at) => each === first && each !== before[at]),
    "all three serve it",
  );

  hosts[0].breakConfiguration();
  tell("65 days pass, the certificate is due, and somebody has broken the nginx.conf of the canary.");
  await up("The canary refuses the new certificate", { now: inDays(65), fails: true });
  ensure(
    (await served()).every((each) => each === first),
    "all three serve the one of before",
  );
  ensure(
    hosts.slice(1).every((host) => host.logins() === 1),
    "the other two were not asked",
  );
  tell("The canary has its old certificate back, the other two were left alone, and no visitor saw a thing.");

  hosts[0].repairConfiguration();
  await up("Its nginx.conf is put right; the next run goes on, without another certificate");
  const second = await serial();
  ensure(second !== first, "the certificate was renewed");
  ensure(
    (await served()).every((each) => each === second),
    "all three serve the new one",
  );
  tell("All three serve the new certificate.");
});
