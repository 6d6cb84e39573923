import { azureDnsSolver } from "../../../sdk/solvers/azureDns";
import { startAzureDns } from "./azureDnsStandIn";
import { cloudFixture } from "./cloudFixture";

export const azureDnsFixture = cloudFixture(azureDnsSolver, startAzureDns, [
  [{ subscriptionId: "production" }, "subscriptionId"],
  [{ subscriptionId: undefined }, "subscriptionId"],
  [{ resourceGroup: "a/b" }, "resourceGroup"],
  [{ tenantId: undefined }, "tenantId"],
  [{ clientId: undefined }, "clientId"],
  [{ clientId: "app" }, "clientId"],
  [{ clientSecret: "" }, "clientSecret"],
  [{ authorityHost: "login" }, "authorityHost"],
]);
