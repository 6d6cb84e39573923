// Orders certificates by acme-client's `auto`: prints the seconds from its start, as JSON.
import { once } from "node:events";
import { createServer } from "node:http";
import { Agent } from "node:https";
import acme from "acme-client";
import { inFlight } from "./inFlight.mjs";

const { directoryUrl, caBundlePem, httpPort, accountUrl, accountKeyPem, prefix, count, limit, backoffMin } = JSON.parse(
  process.argv[2],
);
acme.axios.defaults.httpsAgent = new Agent({ ca: caBundlePem, keepAlive: true });
const settings = { directoryUrl, accountUrl, accountKey: accountKeyPem, ...(backoffMin && { backoffMin }) };
const client = new acme.Client(settings);
const answers = new Map();
const server = createServer((request, response) => response.end(answers.get(request.url.split("/").at(-1))));
await once(server.listen(httpPort, "127.0.0.1"), "listening");

await inFlight(count, limit, async (index) => {
  const key = await acme.crypto.createPrivateEcdsaKey();
  const [, csr] = await acme.crypto.createCsr({ altNames: [`${prefix}-${index}.example`] }, key);
  await client.auto({
    csr,
    termsOfServiceAgreed: true,
    skipChallengeVerification: true, // it would ask port 80 at the address that public DNS has for the name
    challengePriority: ["http-01"],
    challengeCreateFn: async (_authorization, { token }, content) => void answers.set(token, content),
    challengeRemoveFn: async (_authorization, { token }) => void answers.delete(token),
  });
});
process.stdout.write(JSON.stringify({ seconds: performance.now() / 1000 }));
server.close();
acme.axios.defaults.httpsAgent.destroy();
