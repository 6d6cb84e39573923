import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import * as sdk from "../../sdk";
import * as providers from "../../sdk/provider";
import { handlerText, providerExports, type ResourceTypeName, typeToken } from "../../sdk/resources/handler";
import { type DynamicProvider, type Properties, startDynamicProvider } from "../support/dynamicProvider";
import { signedBy } from "../support/simulatedEngine";

const types = Object.keys(providerExports) as ResourceTypeName[];

/** These stand in the state of every stack: nothing of it may ever change, only be added to. */
describe("what stands in states", () => {
  test("type tokens, handler texts and provider exports are what they were in the first release", () => {
    expect(types.map((type) => [typeToken(type), handlerText(type)])).toEqual([
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
        "pulumi-nodejs:dynamic/certificates:DeploymentSet",
        'exports.handler=()=>require("pulumi-certificates/provider").deploymentSet',
      ],
      [
        "pulumi-nodejs:dynamic/certificates:EndpointVerification",
        'exports.handler=()=>require("pulumi-certificates/provider").endpointVerification',
      ],
      [
        "pulumi-nodejs:dynamic/certificates:AcmeAccount",
        'exports.handler=()=>require("pulumi-certificates/provider").acmeAccount',
      ],
    ]);
    expect(Object.keys(providers).sort()).toEqual([
      "acmeAccount",
      "certificate",
      "certificateAuthority",
      "certificateDeployment",
      "certificateSet",
      "deploymentSet",
      "endpointVerification",
    ]);
  });

  test.each(types)("%s has a class of its name, and a provider with every method", (type) => {
    expect((sdk as Record<string, unknown>)[type]).toHaveProperty("__pulumiType", typeToken(type));
    const provider = providers[providerExports[type]];
    for (const method of ["configure", "check", "diff", "create", "update", "read", "delete"] as const) {
      expect(typeof provider[method]).toBe("function");
    }
  });
});

describe("a resource is registered as pulumi.dynamic.Resource registers one", () => {
  interface Registered {
    readonly request: Properties;
    readonly inputs: Properties;
  }

  /** The request to the engine, as the SDK makes it from a resource. */
  async function registeredBy(program: () => pulumi.Resource): Promise<Registered> {
    await pulumi.runtime.setMocks(
      { newResource: ({ inputs }) => ({ id: "id", state: inputs }), call: () => ({}) },
      "project",
      "stack",
    );
    const monitor = pulumi.runtime.getMonitor() as unknown as { registerResource: (...args: any[]) => unknown };
    const original = monitor.registerResource.bind(monitor);
    const requests: any[] = [];
    monitor.registerResource = (request: any, ...rest: unknown[]) => {
      requests.push(request);
      return original(request, ...rest);
    };
    const resource = program();
    await new Promise((resolve) => resource.urn.apply(resolve));
    const [request] = requests.filter((one) => one.getType() !== "pulumi:pulumi:Stack");
    const { object: _, name: __, ...plain } = request.toObject();
    return { request: plain, inputs: request.getObject().toJavaScript() };
  }

  test("with the same type, and the same request but for the handler's text and its secret outputs", async () => {
    const args = { name: "project/stack/web", credentials: {}, dnsNames: ["web.example"], dryRun: false };
    class Certificate extends pulumi.dynamic.Resource {
      constructor(name: string) {
        const provider = { create: () => Promise.resolve({ id: "one", outs: {} }) };
        super(provider, name, { ...args, certificatePem: undefined }, {}, "certificates", "Certificate");
      }
    }
    const theirs = await registeredBy(() => new Certificate("web"));
    const ours = await registeredBy(
      () => new sdk.Certificate("web", { issuer: sdk.selfSigned(), dnsNames: ["web.example"] }),
    );
    const { additionalsecretoutputsList, sourceposition: _, stacktrace: __, ...request } = ours.request;
    const { additionalsecretoutputsList: none, sourceposition: ___, stacktrace: ____, ...expected } = theirs.request;
    expect(additionalsecretoutputsList).toEqual(["privateKeyPem", "keystoreFiles", "passwordMarker", "pendingOrder"]);
    expect(none).toEqual([]);
    expect(request).toEqual(expected);
    expect(request).toMatchObject({ type: typeToken("Certificate"), custom: true, provider: "" });
    expect(typeof theirs.inputs.__provider).toBe("string");
    expect(theirs.inputs.__provider).toContain("exports.handler = ");
    expect(ours.inputs).toEqual({ ...args, __provider: handlerText("Certificate") });
    expect(theirs.inputs).toEqual({ ...args, __provider: theirs.inputs.__provider });
  });
});

describe("the dynamic provider of the pinned SDK", () => {
  const [none, some] = [1, 2];
  let engine: Server;
  let provider: DynamicProvider;
  const connections: Socket[] = [];

  beforeAll(async () => {
    engine = createServer((socket) => {
      connections.push(socket);
      socket.write("the settings of HTTP/2");
      socket.on("error", () => socket.destroy());
    }).listen(0, "127.0.0.1");
    await once(engine, "listening");
    provider = await startDynamicProvider(
      `127.0.0.1:${(engine.address() as AddressInfo).port}`,
      `const { defineProvider, Unfinished } = sdk("provider/define");
      exports.halfWay = defineProvider({
        check: ({ news }) => news,
        diff: () => true,
        create: () => Promise.reject(new Unfinished(new Error("the order is pending"), { pending: "order 1" })),
        update: () => Promise.reject(new Error("refused")),
        read: () => Promise.resolve("absent"),
        migrate: (outs) => outs,
      });`,
    );
    await provider.configure({ "certificates:cadence": "12h" });
  });
  afterAll(async () => {
    await provider.stop();
    for (const socket of connections) socket.destroy();
    engine.close();
  });

  const authority = (): Properties => ({
    name: "project/stack/root",
    commonName: "Root",
    dryRun: false,
    __provider: handlerText("CertificateAuthority"),
  });

  test("runs check, diff, create, read, update and delete of our handler's text", async () => {
    const { inputs: caInputs, failures } = await provider.check({}, authority());
    expect(failures).toEqual([]);
    const ca = await provider.create(caInputs);
    expect(ca.outs).toMatchObject({ stateVersion: 1, __provider: handlerText("CertificateAuthority") });

    const args = (more: Properties = {}): Properties => ({
      name: "project/stack/web",
      dnsNames: ["web.example"],
      duration: "90d",
      dryRun: false,
      ...signedBy(ca),
      ...more,
      __provider: handlerText("Certificate"),
    });
    const { inputs } = await provider.check({}, args());
    expect(inputs).toMatchObject({
      name: "project/stack/web",
      renewal: { epoch: 1 },
      __provider: handlerText("Certificate"),
    });
    for (const gone of ["credentials", "dryRun"]) expect(inputs).not.toHaveProperty(gone);
    const { id, outs } = await provider.create(inputs);
    expect(id).toMatch(/^web-[0-9a-f]{8}$/);

    const idle = await provider.check(inputs, args({ dryRun: true }));
    expect(idle.inputs).toEqual(inputs);
    expect(await provider.diff(id, outs, idle.inputs)).toBe(none);
    expect(await provider.read(id, outs)).toEqual({ id, outs });

    const changed = await provider.check(inputs, args({ owner: { team: "payments" } }));
    expect(await provider.diff(id, outs, changed.inputs)).toBe(some);
    const updated = await provider.update(id, outs, changed.inputs);
    expect(updated).toEqual({ ...outs, settings: updated.settings });
    expect(updated.settings).not.toBe(outs.settings);
    await provider.delete(id, updated);
    expect(provider.errors()).toBe("");
  });

  test("passes on what check refuses, in one line, and the stack's configuration", async () => {
    const { failures } = await provider.check({}, { ...authority(), duration: "11h" });
    expect(failures).toEqual([
      "renewBefore: 330m before the end is shorter than the stack's cadence of 12h: a run could miss it. " +
        "Make the window or the duration longer, or run the stack more often and say so with `pulumi config set certificates:cadence 1h`.",
    ]);
    expect(provider.errors()).toBe("");
  });

  test("records what ended half way, passes on what failed, and forgets what is gone", async () => {
    const news = {
      name: "project/stack/half",
      __provider: 'exports.handler=()=>require("pulumi-certificates/provider").halfWay',
    };
    await expect(provider.create(news)).rejects.toMatchObject({
      details: "the order is pending",
      partial: {
        id: expect.stringMatching(/^half-/),
        properties: { name: "project/stack/half", pending: "order 1", __provider: news.__provider },
        reasons: ["the order is pending"],
      },
    });
    const failed: unknown = await provider.update("half-1", {}, news).catch((error: unknown) => error);
    expect(failed).toMatchObject({ details: "refused" });
    expect(failed).not.toHaveProperty("partial");
    expect(await provider.read("half-1", news)).toMatchObject({ id: "" });
  });

  test("changes nothing any more once the engine is gone, and ends", async () => {
    const { inputs } = await provider.check({}, authority());
    engine.close();
    for (const socket of connections) socket.destroy();
    const until = Date.now() + 20_000;
    let refused: unknown;
    while (refused === undefined && Date.now() < until) {
      refused = await provider.create(inputs).then(
        () => undefined,
        (error: unknown) => error,
      );
    }
    expect(refused).toMatchObject({ details: expect.stringContaining("The Pulumi engine has gone away") });
    expect(await provider.ended).toBe(1);
  });
});
