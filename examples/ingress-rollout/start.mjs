// `npm start`: an API server of Kubernetes on this machine, and the program run against it.
import { readFileSync } from "node:fs";
import { tryOut } from "../../tools/examples/tryOut.mjs";

await tryOut(import.meta.url, async ({ cluster, configure, destroy, ensure, inDays, preview, tell, up }) => {
  const { apply, configuration, get, isGone, rollouts, watchSecret } = await cluster({ namespaces: ["shop"] });
  await apply(readFileSync(new URL("shop.yaml", import.meta.url), "utf8"));
  configure(configuration);
  const ingress = () => get("/apis/networking.k8s.io/v1/namespaces/shop/ingresses/shop");

  await up("Two certificates, their secrets, the Ingress; the pods that are there already are restarted");
  const before = await ingress();
  ensure(before.spec.tls[0].secretName === "shop-tls", "the Ingress names the secret");
  const restarts = await rollouts("Deployment", "shop", "shop");
  const watches = await Promise.all(["shop-tls", "shop-backend"].map((name) => watchSecret("shop", name)));
  tell("From now on every version of both secrets is recorded. 65 days pass.");

  const now = inDays(65);
  await preview("The preview: two certificates, two secrets, one restart, and no Ingress", { now });
  await up("The same, done", { now });
  const faults = await Promise.all(watches.map((watch) => watch.faults()));
  ensure(faults.flat().length === 0, "no secret was absent, incomplete or mixed with another key for a moment");
  ensure((await rollouts("Deployment", "shop", "shop")) === restarts + 1, "the pods were restarted once");
  ensure((await ingress()).metadata.generation === before.metadata.generation, "the Ingress was not changed");
  const versions = await Promise.all(watches.map((watch) => watch.versions()));
  const [web, backend] = versions.map((seen) => new Set(seen.map(({ data }) => data["tls.crt"])).size);
  ensure(web === 2 && backend === 2, "each secret had the old certificate, and then the new one");
  tell("Each secret went from the old certificate to the new one in one step, and the pods were restarted once.");

  await destroy("The Ingress and the secrets go; the pods of somebody else stay, and are not restarted");
  ensure(await isGone("/api/v1/namespaces/shop/secrets/shop-backend"), "the secret is gone");
  ensure((await rollouts("Deployment", "shop", "shop")) === restarts + 1, "nothing was restarted at the end");
});
