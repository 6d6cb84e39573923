import { digitalOceanSolver } from "../../../sdk/solvers/digitalOcean";
import { cloudFixture } from "./cloudFixture";
import { startDigitalOcean } from "./digitalOceanStandIn";

export const digitalOceanFixture = cloudFixture(digitalOceanSolver, startDigitalOcean, [
  [{ token: "" }, "token"],
  [{ token: "a b " }, "token"],
]);
