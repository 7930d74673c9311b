import { testChannel } from "./_channel_suite.ts";
import { connectTcp, listenTcp } from "./tcp.ts";

testChannel("tcp channel", async () => {
  await using listener = listenTcp();
  const port = Number(new URL(listener.address).port);
  const [a, b] = await Promise.all([connectTcp({ port }), listener.accept()]);
  return { a, b: b! };
});
