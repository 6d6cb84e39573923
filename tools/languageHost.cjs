#!/usr/bin/env node
"use strict";
// A Node language host for a Pulumi CLI that was built from its Go modules: the official host is part of the
// downloaded bundle only. It runs programs, policy packs and Node plugins with the @pulumi/pulumi of the program.
const { spawn } = require("node:child_process");
const { createRequire } = require("node:module");
const path = require("node:path");

const engineAddress = process.argv[process.argv.length - 1];
const resolveFrom = (folder, id) => createRequire(path.join(folder, "index.js")).resolve(id);
const sdk = (id) => require(resolveFrom(process.cwd(), id));

let grpc, languageGrpc, language, plugin, empty;
try {
  languageGrpc = sdk("@pulumi/pulumi/proto/language_grpc_pb");
  language = sdk("@pulumi/pulumi/proto/language_pb");
  plugin = sdk("@pulumi/pulumi/proto/plugin_pb");
  const sdkFolder = path.dirname(resolveFrom(process.cwd(), "@pulumi/pulumi/package.json"));
  grpc = require(resolveFrom(sdkFolder, "@grpc/grpc-js"));
  empty = require(resolveFrom(sdkFolder, "google-protobuf/google/protobuf/empty_pb"));
} catch (error) {
  if (error.code !== "MODULE_NOT_FOUND") throw error;
  process.stderr.write(
    `The Pulumi SDK is not installed for ${process.cwd()}: run "npm install" there.\n${error.message}\n`,
  );
  process.exit(1);
}

/** The processes this host started; they end with it. */
const children = new Set();
const start = (command, args, options) => {
  const child = spawn(command, args, options);
  children.add(child);
  child.on("close", () => children.delete(child));
  return child;
};
const exit = () => {
  for (const child of children) child.kill("SIGKILL");
  process.exit(0);
};
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, exit); // SIGINT is how the engine ends a plugin
const parent = process.ppid;
setInterval(() => process.ppid !== parent && exit(), 500).unref();

const nodeArguments = (options) => (options.nodeargs ? String(options.nodeargs).split(/\s+/).filter(Boolean) : []);

function run(call, callback) {
  const request = call.request;
  const info = request.getInfo();
  const options = info.getOptions()?.toJavaScript() ?? {};
  const flags = {
    monitor: request.getMonitorAddress(),
    engine: engineAddress,
    organization: request.getOrganization(),
    project: request.getProject(),
    stack: request.getStack(),
    pwd: request.getPwd(),
    parallel: request.getParallel(),
    "root-directory": info.getRootDirectory(),
  };
  const args = [...nodeArguments(options), resolveFrom(info.getProgramDirectory(), "@pulumi/pulumi/cmd/run")];
  for (const [flag, value] of Object.entries(flags)) if (value) args.push(`--${flag}`, String(value));
  if (request.getDryrun()) args.push("--dry-run");
  args.push(info.getEntryPoint(), ...request.getArgsList());
  const env = {
    ...process.env,
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toObject())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    PULUMI_NODEJS_TYPESCRIPT: String(options.typescript ?? true),
    ...(options.tsconfig ? { PULUMI_NODEJS_TSCONFIG_PATH: String(options.tsconfig) } : {}),
  };
  const response = new language.RunResponse();
  const child = start(process.execPath, args, {
    cwd: info.getProgramDirectory(),
    env,
    stdio: ["ignore", "inherit", "inherit"],
  });
  child.on("error", (error) => callback(error));
  child.on("close", (code, signal) => {
    if (code === 32)
      response.setBail(true); // the program has already told the user what was wrong
    else if (code !== 0)
      response.setError(`Program exited with ${signal ? `signal ${signal}` : `non-zero exit code: ${code}`}`);
    callback(null, response);
  });
}

function runPlugin(call) {
  const request = call.request;
  const folder = request.getInfo().getProgramDirectory();
  const options = request.getInfo().getOptions()?.toJavaScript() ?? {};
  const policy = request.getKind() === "analyzer";
  const script = resolveFrom(folder, `@pulumi/pulumi/cmd/${policy ? "run-policy-pack" : "run-plugin"}`);
  const args = [
    ...nodeArguments(options),
    script,
    ...(policy ? [engineAddress, folder] : [folder, ...request.getArgsList()]),
  ];
  const env = Object.fromEntries(request.getEnvList().map((entry) => entry.split(/=(.*)/s).slice(0, 2)));
  const child = start(process.execPath, args, {
    cwd: policy ? folder : request.getPwd(),
    env: { ...process.env, ...env },
  });
  const write = (setter) => (data) => {
    const message = new language.RunPluginResponse();
    message[setter](data);
    call.write(message);
  };
  child.stdout.on("data", write("setStdout"));
  child.stderr.on("data", write("setStderr"));
  child.on("error", (error) => call.destroy(error));
  child.on("close", (code) => {
    write("setExitcode")(code ?? 1);
    call.end();
  });
  call.on("cancelled", () => child.kill("SIGKILL"));
}

/** A failure here is reported to the engine, it does not end the host. */
function attempt(action, report) {
  try {
    action();
  } catch (error) {
    const hint = error.code === "MODULE_NOT_FOUND" ? ' Run "npm install" in the folder of the program.' : "";
    report({ code: grpc.status.UNKNOWN, message: `${error.message}${hint}` });
  }
}

const answer = (Message) => (_call, callback) => callback(null, new Message());
const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
server.addService(languageGrpc.LanguageRuntimeService, {
  handshake: answer(language.LanguageHandshakeResponse),
  getPluginInfo: answer(plugin.PluginInfo),
  getRequiredPlugins: answer(language.GetRequiredPluginsResponse),
  getRequiredPackages: answer(language.GetRequiredPackagesResponse),
  runtimeOptionsPrompts: answer(language.RuntimeOptionsResponse),
  getProgramDependencies: answer(language.GetProgramDependenciesResponse),
  about: answer(language.AboutResponse),
  cancel: answer(empty.Empty),
  run: (call, callback) => attempt(() => run(call, callback), callback),
  runPlugin: (call) =>
    attempt(
      () => runPlugin(call),
      (error) => call.destroy(error),
    ),
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
