import { needs, type Requirement } from "../support/requirements";
import { componentExamples, StartedExamples } from "../support/startedExamples";

/** What each example of a component needs, and what it shows. */
const stories: Record<string, { needed: Requirement; shows: RegExp[] }> = {
  "alb-sni": {
    needed: "moto_server",
    shows: [
      /\$ .*pulumi preview\n +~ Certificate www update\n +~ aws:acm:Certificate https-www update\n +www:\n.*\n +~ 2 to update\n/,
      /One request to AWS: the new certificate was imported under the ARN/,
    ],
  },
  "api-gateway": {
    needed: "moto_server",
    shows: [
      /~ Certificate api updated\n +~ aws:acm:Certificate api-certificate updated\n +api:\n.*\n +~ 2 updated\n/,
      /\+- aws:acm:Certificate api-certificate replace\n +~ aws:apigatewayv2:DomainName api update\n/,
      /the old one was deleted when\s+nothing used it any more/,
    ],
  },
  cloudfront: {
    needed: "moto_server",
    shows: [
      /\$ .*pulumi preview\n +~ Certificate site update\n +~ aws:acm:Certificate site-certificate update\n +site:\n.*\n +~ 2 to update\n/,
      /distribution\s+\w+ was not deployed/,
    ],
  },
  "gateway-api": {
    needed: "kube-apiserver",
    shows: [
      /\$ .*pulumi preview\n +~ Certificate apps update\n +~ kubernetes:core\/v1:SecretPatch edge-tls-data update\n +apps:\n.*\n +~ 2 to update\n/,
      /from the old certificate to the new one in one step\./,
    ],
  },
  "ingress-rollout": {
    needed: "kube-apiserver",
    shows: [
      /~ kubernetes:apps\/v1:DeploymentPatch shop-backend-roll-deployment-shop update\n/,
      /\$ .*pulumi preview\n(?: +~ (?:Certificate|kubernetes:core\/v1:SecretPatch|kubernetes:apps\/v1:DeploymentPatch) \S+ update\n){5}/,
      /in one step, and\s+the pods were restarted once\./,
    ],
  },
  "trust-bundle": {
    needed: "kube-apiserver",
    shows: [
      /\$ pulumi preview\n +\+ CertificateAuthority root-2 create\n( +~ kubernetes:core\/v1:ConfigMapPatch example-roots-\w+-data update\n){4} +~ kubernetes:apps\/v1:Deployment checkout update\n +\+ 1 to create\n +~ 5 to update\n/,
      /none was without its bundle, and\s+one workload was restarted, once\./,
      / - 13 deleted\n/,
    ],
  },
};

const started = new StartedExamples();

test("every example of a component is run here", () => {
  expect(Object.keys(stories).sort()).toEqual(componentExamples());
});

describe.each(Object.entries(stories))("examples/%s", (name, { needed, shows }) => {
  needs(needed).test("npm start starts its servers, shows what its README says, and leaves nothing", async () =>
    started.expectToShow(name, shows),
  );
});
