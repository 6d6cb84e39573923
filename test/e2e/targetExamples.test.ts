import { needs, type Requirement } from "../support/requirements";
import { examplesToStart, StartedExamples } from "../support/startedExamples";

/** What each example of a target needs, and what it shows. */
const stories: Record<string, { needed: Requirement[]; shows: RegExp[] }> = {
  envoy: {
    needed: ["envoy", "curl"],
    shows: [/\+ CertificateDeployment edge created/, /web is due \[Renewing\]/, /~ CertificateDeployment edge updated/],
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
