import { startChild } from "./childServer";

/** moto: a stand-in for AWS that speaks its wire formats. It is more lenient than AWS; nothing is shown by what it allows. */
export interface MotoServer {
  /** The environment in which SDKs and the command line speak to it. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** @param settings of moto, as the environment names them: `MOTO_ACM_VALIDATION_WAIT`. */
export async function startMoto(program: string, settings: Readonly<Record<string, string>> = {}): Promise<MotoServer> {
  const env = { ...process.env, ...settings };
  const server = startChild(program, ["-H", "127.0.0.1", "-p", "0"], { env });
  const running = /Running on (http:\/\/127\.0\.0\.1:\d+)/;
  await server.wrote(running);
  return {
    environment: {
      AWS_ENDPOINT_URL: running.exec(server.output())?.[1] as string,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_DEFAULT_REGION: "eu-west-1",
      AWS_PAGER: "",
    },
    stop: () => server.stop("SIGTERM"),
  };
}
