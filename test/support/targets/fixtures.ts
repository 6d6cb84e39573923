import { apacheFixture } from "./apache";
import { envoyFixture } from "./envoy";
import { execAcmeShFixture, execFixture } from "./exec";
import { f5Fixture } from "./f5";
import { filesFixture } from "./files";
import type { TargetFixture } from "./fixture";
import { haproxyFixture, haproxyListFixture } from "./haproxy";
import { javaKeystoreFixture } from "./javaKeystore";
import { javaTrustStoreFixture } from "./javaTrustStore";
import { nginxFixture } from "./nginx";
import { postgresqlFixture } from "./postgresql";
import { trustStoreFixture } from "./trustStore";

/** One for every kind of target, or several, in the order of the registry. */
export const fixtures: readonly TargetFixture[] = [
  filesFixture,
  nginxFixture,
  apacheFixture,
  haproxyFixture,
  haproxyListFixture,
  postgresqlFixture,
  envoyFixture,
  javaKeystoreFixture,
  execFixture,
  execAcmeShFixture,
  f5Fixture,
  trustStoreFixture,
  javaTrustStoreFixture,
];
