import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ChannelCredentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { repository } from "./provide";

export type Properties = Record<string, any>;

/** A failed operation as the engine reads it: with what is to be recorded, where the provider says so. */
export interface Failure extends ServiceError {
  readonly partial?: { id: string; properties: Properties; reasons: string[] };
}

/** The process that runs dynamic providers for the engine, of the installed @pulumi/pulumi, and the calls it answers. */
export interface DynamicProvider {
  configure(config: Record<string, string>): Promise<void>;
  check(olds: Properties, news: Properties): Promise<{ inputs: Properties; failures: string[] }>;
  diff(id: string, olds: Properties, news: Properties): Promise<number>;
  create(news: Properties): Promise<{ id: string; outs: Properties }>;
  read(id: string, outs: Properties): Promise<{ id: string; outs: Properties }>;
  update(id: string, olds: Properties, news: Properties): Promise<Properties>;
  delete(id: string, outs: Properties): Promise<void>;
  /** What it wrote to its standard error. */
  errors(): string;
  /** Its exit code. */
  ended: Promise<number | null>;
  stop(): Promise<void>;
}

/**
 * Starts it in a folder in which `require("pulumi-certificates/provider")` finds the sources, as it finds the package
 * in the folder of a program.
 *
 * @param engine the address of the engine, which the process watches.
 * @param more text of a CommonJS module whose exports are added to those of the sources, which it finds as `sdk`.
 */
export async function startDynamicProvider(engine: string, more = ""): Promise<DynamicProvider> {
  const folder = mkdtempSync(join(tmpdir(), "dynamic-provider-"));
  const installed = join(folder, "node_modules/pulumi-certificates");
  mkdirSync(installed, { recursive: true });
  const sdk = JSON.stringify(join(repository, "sdk"));
  writeFileSync(
    join(installed, "provider.js"),
    `const sdk = (file) => require(${sdk} + "/" + file + ".ts");\n${more}\nObject.assign(exports, sdk("provider/index"));\n`,
  );
  const script = require.resolve("@pulumi/pulumi/cmd/dynamic-provider", { paths: [repository] });
  const child = spawn(process.execPath, ["-r", join(__dirname, "typescript.cjs"), script, engine], {
    cwd: folder,
    env: { PATH: process.env.PATH },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ended = once(child, "close").then(([code]) => {
    rmSync(folder, { recursive: true });
    return code as number | null;
  });
  const [port] = (await Promise.race([
    once(createInterface(child.stdout), "line"),
    ended.then((code) => Promise.reject(new Error(`it ended with exit code ${code}: ${errors}`))),
  ])) as [string];
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, ChannelCredentials.createInsecure());

  return {
    configure: async (config) => {
      const request = new messages.ConfigureRequest();
      request.setArgs(struct(config));
      await answer((done) => client.configure(request, done));
    },
    check: async (olds, news) => {
      const request = new messages.CheckRequest();
      request.setOlds(struct(olds));
      request.setNews(struct(news));
      const response = await answer<messages.CheckResponse>((done) => client.check(request, done));
      const failures = response.getFailuresList().map((failure) => failure.getReason());
      return { inputs: plain(response.getInputs()), failures };
    },
    diff: async (id, olds, news) => {
      const request = new messages.DiffRequest();
      request.setId(id);
      request.setOlds(struct(olds));
      request.setNews(struct(news));
      const response = await answer<messages.DiffResponse>((done) => client.diff(request, done));
      if (response.getReplacesList().length > 0) throw new Error("it asks for a replacement");
      return response.getChanges();
    },
    create: async (news) => {
      const request = new messages.CreateRequest();
      request.setProperties(struct(news));
      const response = await answer<messages.CreateResponse>((done) => client.create(request, done));
      return { id: response.getId(), outs: plain(response.getProperties()) };
    },
    read: async (id, outs) => {
      const request = new messages.ReadRequest();
      request.setId(id);
      request.setProperties(struct(outs));
      const response = await answer<messages.ReadResponse>((done) => client.read(request, done));
      return { id: response.getId(), outs: plain(response.getProperties()) };
    },
    update: async (id, olds, news) => {
      const request = new messages.UpdateRequest();
      request.setId(id);
      request.setOlds(struct(olds));
      request.setNews(struct(news));
      const response = await answer<messages.UpdateResponse>((done) => client.update(request, done));
      return plain(response.getProperties());
    },
    delete: async (id, outs) => {
      const request = new messages.DeleteRequest();
      request.setId(id);
      request.setProperties(struct(outs));
      await answer((done) => client.delete(request, done));
    },
    errors: () => errors,
    ended,
    stop: async () => {
      client.close();
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function struct(value: Properties): Struct {
  return Struct.fromJavaScript(value);
}

function plain(value: Struct | undefined): Properties {
  return value?.toJavaScript() ?? {};
}

function answer<Response>(
  call: (done: (error: ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) => (error === null ? resolve(response) : reject(withPartial(error))));
  });
}

/** Reads what a provider wants recorded of an operation that ended half way. */
function withPartial(error: ServiceError): Failure {
  const [details] = error.metadata.get("grpc-status-details-bin");
  if (details === undefined) return error;
  const [detail] = Status.deserializeBinary(new Uint8Array(details as Buffer)).getDetailsList();
  const init = messages.ErrorResourceInitFailed.deserializeBinary(detail?.getValue_asU8() ?? new Uint8Array());
  const partial = { id: init.getId(), properties: plain(init.getProperties()), reasons: init.getReasonsList() };
  return Object.assign(error, { partial });
}
