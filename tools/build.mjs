// `npm run build`
import { main } from "./exec.mjs";
import { build, ensureDependencies } from "./setup.mjs";

await main(async () => {
  await ensureDependencies();
  await build();
});
