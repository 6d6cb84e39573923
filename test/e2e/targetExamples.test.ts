import { needs, type Requirement } from "../support/requirements";
import { examplesToStart, StartedExamples } from "../support/startedExamples";

/** What each example of a target needs, and what it shows. */
const stories: Record<string, { needed: Requirement[]; shows: RegExp[] }> = {
  envoy: {
    needed: ["envoy", "curl"],
    shows: [/\+ CertificateDeployment edge created/, /web is due \[Renewing\]/, /~ CertificateDeployment edge updated/],
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
  expect(Object.keys(stories).sort()).toEqual(examplesToStart().filter((name) => !name.startsWith("acme-")));
});

describe.each(Object.entries(stories))("examples/%s", (name, { needed, shows }) => {
  const [first] = needed;
  const missing = needed.find((what) => needs(what).program === "") ?? first;
  needs(missing as Requirement).test(
    "npm start starts its servers, shows what its README says, and leaves nothing",
    async () => started.expectToShow(name, shows),
  );
});
