import { needs, type Requirement } from "../support/requirements";
import { componentExamples, examplesToStart, StartedExamples } from "../support/startedExamples";

/** What each example of a target needs, and what it shows. */
const stories: Record<string, { needed: Requirement[]; shows: RegExp[] }> = {
  envoy: {
    needed: ["envoy", "curl"],
    shows: [/\+ CertificateDeployment edge created/, /web is due \[Renewing\]/, /~ CertificateDeployment edge updated/],
  },
  "certbot-hook": {
    needed: ["nginx", "openssl"],
    shows: [/\+ CertificateDeployment site created/, /on this machine; runs \S+\/renewal-hooks\/deploy\/nginx\.sh/],
  },
  "haproxy-fleet": {
    needed: ["haproxy", "socat"],
    shows: [
      /\+ DeploymentSet balancer created/,
      /balancer:\n +api, cdn, mail, shop, www \[CertificateChanged\]: this machine; .*[^]*~ 2 updated/,
    ],
  },
  "nginx-ssh-canary": {
    // Hosts with files of their own need mounts.
    needed: ["sshd", "nginx", "root"],
    shows: [
      /Wave 1 failed; 0 of 3 hosts have what is wanted/,
      /on \w+@127\.0\.0\.2:\d+ failed: .*unknown directive "worker_proceses"/,
      /goes on, without another certificate[^]*~ 1 updated\n/,
    ],
  },
  postgresql: {
    needed: ["postgres"],
    shows: [/~ CertificateDeployment server updated/, /the one of before goes\s+on with its\s+backend process, \d+/],
  },
  "pull-at-boot": {
    needed: ["sshd", "nginx"],
    shows: [
      /A host boots[^]*pull-certificate: the server uses the certificate [0-9A-F]{64}/,
      /While the store is being verified, another host fetches:\s+\(nothing new\)\s+\[exit code 0\]/,
      /in place of [0-9a-f]{12}…[^]*from \S+, SNI web\.internal\.example\) serves/,
      /The timer of the host:\s+pull-certificate: the server uses the certificate/,
      /The store is down[^]*nothing could be fetched from/,
    ],
  },
};

const started = new StartedExamples();

test("every example of a target is run here", () => {
  const others = new Set(componentExamples());
  const targets = examplesToStart().filter((name) => !name.startsWith("acme-") && !others.has(name));
  expect(Object.keys(stories).sort()).toEqual(targets);
});

describe.each(Object.entries(stories))("examples/%s", (name, { needed, shows }) => {
  const [first] = needed;
  const missing = needed.find((what) => needs(what).program === "") ?? first;
  needs(missing as Requirement).test(
    "npm start starts its servers, shows what its README says, and leaves nothing",
    async () => started.expectToShow(name, shows),
  );
});
