// `npm start`: a CA on this machine, and the program run against it.
import { tryOut } from "../../tools/examples/tryOut.mjs";

await tryOut(
  import.meta.url,
  async ({ configure, dns, ensure, freePort, inDays, outputs, pebble, preview, tell, up }) => {
    const httpPort = await freePort();
    const { address } = await dns();
    const { ca, orders } = await pebble({ dns: address, httpPort, offers: ["classic", "shortlived"] });
    configure({
      ...{ ca, email: "pki@example.com", dnsNames: ["edge.example.com"], ipAddresses: ["127.0.0.1"] },
      listen: { port: httpPort, address: "127.0.0.1" },
      "certificates:cadence": "12h",
    });

    await up("A name and an IP address, for six days");
    const { serialNumber, notAfter } = await outputs();
    const hours = Math.round((Date.parse(notAfter) - Date.now()) / 3_600_000);
    ensure(hours === 160, "it lives 160 hours");
    tell(`Issued ${serialNumber}, valid for ${hours} hours.`);

    await preview("In two days there is nothing to do", { now: inDays(2), args: ["--expect-no-changes"] });
    await up("In five and a half it is renewed", { now: inDays(5.5) });
    ensure(orders() === 2, "one order was placed for the renewal");
    ensure((await outputs()).serialNumber !== serialNumber, "the certificate was renewed");
  },
);
