// `npm start`: a CA on this machine, and some nights of a fleet against it.
import { tryOut } from "../../tools/examples/tryOut.mjs";

const dnsNames = ["api", "cdn", "mail", "shop", "www"].map((host) => `${host}.example.com`);
const nightly = { args: ["--refresh"] };

await tryOut(
  import.meta.url,
  async ({ configure, dns, ensure, freePort, inDays, outputs, pebble, preview, tell, up }) => {
    const httpPort = await freePort();
    const { address, point, putRight } = await dns();
    const { ca, orders, askForRenewal } = await pebble({ dns: address, httpPort });
    const listen = { port: httpPort, address: "127.0.0.1" };
    configure({ ca, listen, email: "pki@example.com", dnsNames, "certificates:cadence": "24h" });
    const renewed = async (before) => {
      const { serialNumbers } = await outputs();
      return dnsNames.filter((_, at) => serialNumbers[at] !== before.serialNumbers[at]);
    };

    await up("The first night: everything is issued");
    const first = await outputs();
    ensure(orders() === dnsNames.length, "one order was placed for each");

    await preview("What will be due in two months?", { now: inDays(65) });

    await point("shop.example.com", "127.0.0.2");
    await askForRenewal(first.certificates, "https://ca.example/incident");
    tell("Then the CA asks for early renewal, as Let's Encrypt does before it revokes. And somebody has moved shop.");
    await up("The nightly run: all are due, and one fails", nightly);
    ensure((await renewed(first)).length === dnsNames.length - 1, "all but one were renewed");
    tell("The run goes on and names it. shop keeps the certificate that it has; the others are renewed.");

    const second = await outputs();
    await putRight("shop.example.com");
    tell("The address of shop is put right. The failure waits until its next attempt, so this is the next night:");
    await up("The night after", { ...nightly, now: inDays(1) });
    ensure((await renewed(second)).join() === "shop.example.com", "only the one that had failed was renewed");
    ensure(orders() === 2 * dnsNames.length + 1, "there was one more order than certificates, the one that failed");
  },
);
