import { execFileSync } from "node:child_process";
import { handlerText, providerExports, typeToken } from "../../sdk/resources/handler";
import { repository } from "../support/provide";

/** What reaches the engine for a resource of the SDK's own class and for each of ours, in a process as users have it. */
const program = `
  const pulumi = require("@pulumi/pulumi");
  const { createRequire } = require("node:module");
  const fromSdk = createRequire(require.resolve("@pulumi/pulumi"));
  const registered = [];
  pulumi.runtime.setMocks({
    newResource: (args) => { registered.push(args); return { id: "id", state: args.inputs }; },
    call: () => ({}),
  });
  const certificates = require("pulumi-certificates");
  const methods = ["check", "diff", "create", "update", "read", "delete"];
  const provider = Object.fromEntries(methods.map((name) => [name, () => Promise.resolve({})]));
  class Thing extends pulumi.dynamic.Resource {
    constructor(name) { super(provider, name, {}, undefined, "certificates", "Thing"); }
  }
  new Thing("Thing");
  const issuer = new certificates.CertificateAuthority("CertificateAuthority", { commonName: "a" });
  const certificate = new certificates.Certificate("Certificate", { issuer, dnsNames: ["a.example"] });
  new certificates.CertificateSet("CertificateSet", { issuer });
  new certificates.CertificateDeployment("CertificateDeployment", {
    certificate, target: certificates.files({ directory: "/nowhere", files: { "a.pem": "fullChain" } }),
  });
  new certificates.EndpointVerification("EndpointVerification", { certificate, endpoints: [{ address: "a.example" }] });
  process.on("exit", () => console.log(JSON.stringify(registered.map(({ type, name, custom, inputs }) => {
    const text = inputs.__provider;
    // As cmd/dynamic-provider reads it.
    const handler = fromSdk("require-from-string")(text, require("node:path").join(process.cwd(), "handler.js")).handler();
    return { type, name, custom, text, methods: methods.filter((method) => typeof handler[method] === "function") };
  }))));`;

interface Registered {
  type: string;
  name: string;
  custom: boolean;
  text: string;
  methods: string[];
}
let registered: Registered[];

beforeAll(() => {
  const output = execFileSync(process.execPath, ["-e", program], {
    cwd: repository,
    encoding: "utf8",
    stdio: "pipe",
  });
  registered = JSON.parse(output.trim().split("\n").at(-1) ?? "") as Registered[];
});

test("the wire form is that of pulumi.dynamic.Resource in the pinned SDK", () => {
  const theirs = registered.find(({ name }) => name === "Thing");
  expect(theirs).toMatchObject({
    type: "pulumi-nodejs:dynamic/certificates:Thing",
    custom: true,
    text: expect.stringMatching(/^exports\.handler = /),
    methods: ["check", "diff", "create", "update", "read", "delete"],
  });
  for (const ours of registered.filter(({ name }) => name in providerExports)) {
    expect(ours).toMatchObject({
      type: theirs?.type.replace("Thing", ours.name),
      custom: true,
      text: expect.stringMatching(/^exports\.handler=/),
      methods: expect.arrayContaining(["check", "diff", "create", "update"]),
    });
  }
});

test("the texts and types that stand in users' states are these, for ever", () => {
  const names = Object.keys(providerExports) as (keyof typeof providerExports)[];
  expect(names.map((name) => [typeToken(name), handlerText(name)])).toEqual([
    [
      "pulumi-nodejs:dynamic/certificates:CertificateAuthority",
      'exports.handler=()=>require("pulumi-certificates/provider").certificateAuthority',
    ],
    [
      "pulumi-nodejs:dynamic/certificates:Certificate",
      'exports.handler=()=>require("pulumi-certificates/provider").certificate',
    ],
    [
      "pulumi-nodejs:dynamic/certificates:CertificateSet",
      'exports.handler=()=>require("pulumi-certificates/provider").certificateSet',
    ],
    [
      "pulumi-nodejs:dynamic/certificates:CertificateDeployment",
      'exports.handler=()=>require("pulumi-certificates/provider").certificateDeployment',
    ],
    [
      "pulumi-nodejs:dynamic/certificates:EndpointVerification",
      'exports.handler=()=>require("pulumi-certificates/provider").endpointVerification',
    ],
  ]);
  expect(registered.map(({ name, text }) => [name, text])).toEqual(
    expect.arrayContaining(names.map((name) => [name, handlerText(name)])),
  );
});
