/** The servers of a test file, made outside of any test: all are stopped after its last one, however it ended. */
export class RunningServers {
  private readonly running: { stop(): Promise<void> }[] = [];

  constructor() {
    afterAll(async () => {
      const stopped = await Promise.allSettled(this.running.splice(0).map((server) => server.stop()));
      for (const one of stopped) if (one.status === "rejected") throw one.reason;
    });
  }

  async add<S extends { stop(): Promise<void> }>(starting: Promise<S>): Promise<S> {
    const server = await starting;
    this.running.push(server);
    return server;
  }
}
