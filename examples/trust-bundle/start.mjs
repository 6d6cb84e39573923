// `npm start`: an API server of Kubernetes on this machine, and the program run against it.
import { tryOut } from "../../tools/examples/tryOut.mjs";

const namespaces = ["checkout", "payments", "search", "shop"];

await tryOut(import.meta.url, async ({ cluster, configure, destroy, ensure, preview, tell, up }) => {
  const { configuration, get, isGone, rollouts } = await cluster({ namespaces });
  const pathIn = (namespace) => `/api/v1/namespaces/${namespace}/configmaps/example-roots`;
  const bundles = () => Promise.all(namespaces.map((namespace) => get(pathIn(namespace))));
  const rootsIn = ({ data }) => data["ca-bundle.crt"].split("BEGIN CERTIFICATE").length - 1;

  configure({ ...configuration, namespaces });
  await up("A root, its bundle in four namespaces, and a workload that reads it when it starts");
  const before = await bundles();
  ensure(
    before.every((bundle) => rootsIn(bundle) === 1),
    "every namespace has the root",
  );
  tell("Years later the root is to be replaced. Its successor has to be trusted before it issues anything.");

  configure({ ...configuration, namespaces, nextRoot: "true" });
  await preview("The preview: a new root, four bundles that get it, and the workload that is restarted afterwards");
  await up("The same, done");
  const after = await bundles();
  ensure(
    after.every((bundle) => rootsIn(bundle) === 2),
    "every namespace has both roots",
  );
  ensure(
    after.every(({ metadata }, index) => metadata.uid === before[index].metadata.uid),
    "every bundle was changed in place",
  );
  ensure((await rollouts("Deployment", "checkout", "checkout")) === 2, "the workload was restarted once");
  tell("Both roots are trusted in every namespace, none was without its bundle, and one workload was restarted, once.");

  await destroy("The roots are taken away again");
  const gone = await Promise.all(namespaces.map((namespace) => isGone(pathIn(namespace))));
  ensure(!gone.includes(false), "nothing is left in the namespaces");
});
