import { once } from "node:events";
import { type AddressInfo, type Socket, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { assertEngineAlive, watchEngine } from "../../../sdk/provider/engine";

async function engineGone(deadline = Date.now() + 3_000): Promise<unknown> {
  while (Date.now() < deadline) {
    try {
      assertEngineAlive();
    } catch (error) {
      return error;
    }
    await delay(10);
  }
  return "not noticed";
}

test("the provider goes on alone after the CLI was killed: the engine greets its clients before it ends", async () => {
  const exit = jest.fn() as jest.Mock<never>;
  const engine = createServer((socket) => socket.write("the settings of HTTP/2")).listen(0, "127.0.0.1");
  await once(engine, "listening");
  const accepted = once(engine, "connection") as Promise<[Socket]>;
  watchEngine(`127.0.0.1:${(engine.address() as AddressInfo).port}`, exit);
  const [connection] = await accepted;
  expect(() => assertEngineAlive()).not.toThrow();

  engine.close();
  connection.end();
  expect(await engineGone()).toMatchObject({ code: "EngineGone" });
  expect(exit).not.toHaveBeenCalled();
});
