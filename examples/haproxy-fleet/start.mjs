// `npm start`: an HAProxy on this machine, and the program run against it.
import { readFileSync } from "node:fs";
import { tryOut } from "../../tools/examples/tryOut.mjs";

const sites = ["api", "cdn", "mail", "shop", "www"];

await tryOut(import.meta.url, async ({ configure, ensure, haproxy, inDays, outputs, tell, up }) => {
  const configuration = readFileSync(new URL("haproxy.cfg", import.meta.url), "utf8");
  const { settings, served, starts, process } = await haproxy(configuration);
  const servedBySite = () => Promise.all(sites.map((site) => served(`${site}.internal.example`)));
  const expectServed = async () => {
    const { deployedFingerprints } = await outputs();
    const wanted = sites.map((site) => Object.values(deployedFingerprints[site])[0]);
    ensure((await servedBySite()).join() === wanted.join(), "HAProxy serves each site its own certificate");
    return wanted;
  };
  configure({ sites, ...settings });

  await up("Five sites: their files are written, and HAProxy, which did not run, is started once");
  const first = await expectServed();
  ensure(starts() === 1, "HAProxy was started once");
  const before = process();

  await up("65 days later all five are due", { now: inDays(65) });
  const second = await expectServed();
  ensure(
    second.every((each, at) => each !== first[at]),
    "all five were renewed",
  );
  ensure(starts() === 1 && process() === before, "HAProxy was neither reloaded nor restarted");
  tell("The running HAProxy took all five through its socket: no reload, no restart, no connection ended.");
});
