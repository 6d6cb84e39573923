import { route53Solver } from "../../../sdk/solvers/route53";
import { cloudFixture } from "./cloudFixture";
import { startRoute53 } from "./route53StandIn";

export const route53Fixture = cloudFixture(route53Solver, startRoute53, [
  [{ secretAccessKey: "with a blank" }, "secretAccessKey"],
  [{ accessKeyId: undefined }, "accessKeyId"],
  [{ region: "Frankfurt" }, "region"],
  [{ roleArn: "dns" }, "roleArn"],
  [{ hostedZoneId: "example.com" }, "hostedZoneId"],
  [{ stsEndpoint: "ftp://sts" }, "stsEndpoint"],
]);
