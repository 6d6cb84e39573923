// `npm start`: two CAs on this machine, and the program run against them.
import { randomBytes } from "node:crypto";
import { tryOut } from "../../tools/examples/tryOut.mjs";

await tryOut(import.meta.url, async ({ configure, dns, ensure, freePort, inDays, outputs, pebble, tell, up }) => {
  const httpPort = await freePort();
  const { address } = await dns();
  const [keyId, hmacKey] = ["customer-1", randomBytes(32).toString("base64url")];
  const first = await pebble({ dns: address, httpPort, isLimited: true });
  const second = await pebble({ dns: address, httpPort, externalAccounts: { [keyId]: hmacKey } });
  const listen = { port: httpPort, address: "127.0.0.1" };
  configure({
    ...{ ca: first.ca, secondCa: second.ca, keyId, hmacKey, listen },
    ...{ email: "pki@example.com", dnsNames: ["www.example.com"] },
  });
  tell(`Two CAs: the first at ${first.ca.directory}, the second, for customers only, at ${second.ca.directory}.`);

  await up("Two accounts, and a certificate of the first CA");
  ensure((await outputs()).servedBy === "letsencrypt", "the first CA issues");

  first.limit(true);
  tell("On the day of the renewal the limit of the first CA is reached. There is a month left, so nothing is rushed:");
  await up("25 days before the end it is kept", { now: inDays(65) });
  ensure(second.orders() === 0, "the second CA is not asked yet");

  tell("The first CA goes on to refuse, for weeks.");
  await up("8 days before the end the second CA issues", { now: inDays(82) });
  const { servedBy, warnings } = await outputs();
  ensure(servedBy === "google" && second.orders() === 1, "the second CA issues");
  tell(`The state knows who issued, and why it was not the first:\n   ${warnings.join("\n   ")}`);

  first.limit(false);
  await up("The next renewal asks the first CA again", { now: inDays(65) });
  ensure((await outputs()).servedBy === "letsencrypt", "the first CA issues again");
});
