// `npm start`: a CA on this machine, and the program run against it.
import { tryOut } from "../../tools/examples/tryOut.mjs";

await tryOut(
  import.meta.url,
  async ({ configure, dns, ensure, freePort, inDays, outputs, pebble, preview, tell, up }) => {
    const httpPort = await freePort();
    const { address } = await dns();
    const { ca, orders } = await pebble({ dns: address, httpPort });
    const listen = { port: httpPort, address: "127.0.0.1" };
    configure({ ca, listen, email: "pki@example.com", dnsNames: ["www.example.com", "example.com"] });
    tell(`Pebble, the test CA of Let's Encrypt, runs at ${ca.directory}. It looks for http-01 on port ${httpPort}.`);

    await up("The account is registered and the certificate ordered");
    ensure(orders() === 1, "one order was placed");
    const { serialNumber, notAfter } = await outputs();
    tell(`The CA asked for the token of both names, and issued ${serialNumber}, valid until ${notAfter}.`);

    await preview("What will be due in 65 days, and why?", { now: inDays(65) });
    ensure(orders() === 1, "a preview places no order");
    tell("A preview places no order. The same `up` in 65 days renews the certificate:");

    await up("The run of that day", { now: inDays(65) });
    ensure(orders() === 2, "one order was placed for the renewal");
    ensure((await outputs()).serialNumber !== serialNumber, "the certificate was renewed");
    tell("One more order, a new key and a new certificate, in place.");
  },
);
