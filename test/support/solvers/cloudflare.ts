import { cloudflareSolver } from "../../../sdk/solvers/cloudflare";
import { cloudFixture } from "./cloudFixture";
import { startCloudflare } from "./cloudflareStandIn";

export const cloudflareFixture = cloudFixture(cloudflareSolver, startCloudflare, [
  [{ apiToken: "" }, "apiToken"],
  [{ apiToken: "token\n" }, "apiToken"],
  [{ apiToken: 7 }, "apiToken"],
]);
