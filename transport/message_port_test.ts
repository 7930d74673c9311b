import { testChannel } from "./_channel_suite.ts";
import { portChannel } from "./message_port.ts";

testChannel("port channel", () => {
  const { port1, port2 } = new MessageChannel();
  return Promise.resolve({ a: portChannel(port1), b: portChannel(port2) });
}, { backpressure: 256 * 1024, abortSeen: true });
