import { googleCloudDnsSolver } from "../../../sdk/solvers/googleCloudDns";
import { cloudFixture } from "./cloudFixture";
import { startGoogleCloudDns } from "./googleCloudDnsStandIn";

export const googleCloudDnsFixture = cloudFixture(googleCloudDnsSolver, startGoogleCloudDns, [
  [{ project: "My Project" }, "project"],
  [{ project: undefined }, "project"],
  [{ managedZone: "example.com" }, "managedZone"],
  [{ useEnvironment: true }, "useEnvironment"],
  [{ useEnvironment: "yes" }, "useEnvironment"],
  [{ serviceAccountKey: "not JSON" }, "serviceAccountKey"],
  [{ serviceAccountKey: '{"type":"authorized_user"}' }, "serviceAccountKey"],
  [
    { serviceAccountKey: '{"type":"service_account","client_email":"a@b","private_key":"no key"}' },
    "serviceAccountKey",
  ],
]);
