// Opens and resets connections on request: the thread of ResettingClient.

import { resetConnection } from "./reset_connection.ts";

interface Order {
  readonly port: number;
  readonly count: number;
  readonly done: Int32Array;
}

const scope = self as unknown as Pick<Worker, "onmessage" | "postMessage">;

scope.onmessage = async ({ data }: MessageEvent<Order>) => {
  const { port, count, done } = data;
  for (let opened = 0; opened < count; opened++) await resetConnection(port);
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
};
scope.postMessage("ready");
