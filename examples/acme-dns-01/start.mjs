// `npm start`: a CA and a BIND on this machine, and the program run against them.
import { tryOut } from "../../tools/examples/tryOut.mjs";

const domain = "example.com";
const updatable = "acme.example.net";
const keyName = "acme-updates";

await tryOut(import.meta.url, async ({ bind, configure, ensure, freePort, inDays, outputs, pebble, tell, up }) => {
  const delegation = `_acme-challenge CNAME ${domain}.${updatable}.`;
  const zones = { [domain]: [delegation], [updatable]: [] };
  const { address, tsigKey, updates } = await bind({ zones, updatable, keyName });
  const { ca, orders } = await pebble({ dns: address, httpPort: await freePort() });
  const settings = {
    ...{ ca, domain, keyName, email: "pki@example.com", server: address },
    dns: { resolvers: [address], nameServers: [address] },
  };
  configure({ ...settings, tsigKey });
  tell(
    `A BIND at ${address} has the zone ${domain}, which nobody may change from outside, and ${updatable}, where the ` +
      `key ${keyName} may set TXT records. _acme-challenge.${domain} is an alias of a name in there.`,
  );

  await up("A wildcard: two challenges under one name, at the same time");
  const [added, deleted] = ["adding", "deleting"].map((what) => updates().filter((text) => text.startsWith(what)));
  ensure(added.length === 2 && deleted.length >= 2, "both records were added and deleted");
  const { serialNumber, notAfter } = await outputs();
  tell(`Issued ${serialNumber}, valid until ${notAfter}. What BIND wrote down:`);
  tell(
    updates()
      .map((text) => `   ${text}`)
      .join("\n"),
  );

  configure({ ...settings, tsigKey: Buffer.alloc(32).toString("base64") });
  await up("The renewal, with a key that is wrong", { now: inDays(65) });
  ensure(orders() === 1, "a wrong key costs no order");
  ensure((await outputs()).serialNumber === serialNumber, "the certificate in use is kept");
  tell("The key is tried before an order is placed. The certificate in use is kept, and every run warns.");
});
