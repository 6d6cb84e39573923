// `npm start`: an API server of Kubernetes on this machine, and the program run against it.
import { tryOut } from "../../tools/examples/tryOut.mjs";

const namespaces = ["gateways", "certificates", "search"];
const crds = { "gateway-api": ["Gateway", "HTTPRoute", "ReferenceGrant"] };

await tryOut(import.meta.url, async ({ cluster, configure, destroy, ensure, inDays, preview, tell, up }) => {
  const { configuration, get, isGone, watchSecret } = await cluster({ namespaces, crds });
  configure(configuration);
  const gateway = () => get("/apis/gateway.networking.k8s.io/v1/namespaces/gateways/gateways/edge");

  await up("A certificate, its secret, a Gateway with two listeners, and a route of another namespace");
  const before = await gateway();
  const references = before.spec.listeners.flatMap(({ tls }) => tls.certificateRefs);
  ensure(
    references.length === 2 && references.every(({ namespace }) => namespace === "certificates"),
    "both listeners refer to the secret",
  );
  const watch = await watchSecret("certificates", "edge-tls");
  tell("Both listeners refer to the secret in the other namespace, which a ReferenceGrant allows. 65 days pass.");

  const now = inDays(65);
  await preview("The preview: the certificate and the data of its secret, no Gateway and no route", { now });
  await up("The same, done", { now });
  ensure((await watch.faults()).length === 0, "the secret was never absent, incomplete or mixed with another key");
  const seen = new Set((await watch.versions()).map(({ data }) => data["tls.crt"]));
  ensure(seen.size === 2, "the secret had the old certificate, and then the new one");
  ensure((await gateway()).metadata.generation === before.metadata.generation, "the Gateway was not changed");
  tell("The secret went from the old certificate to the new one in one step. Controllers of Gateways watch it.");

  await destroy("All of it is taken away again");
  ensure(await isGone("/api/v1/namespaces/certificates/secrets/edge-tls"), "the secret is gone");
});
