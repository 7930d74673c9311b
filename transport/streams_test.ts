import { testChannel } from "./_channel_suite.ts";
import { streamsChannel } from "./streams.ts";

testChannel("streams channel", () => {
  const there = new TransformStream<Uint8Array, Uint8Array>();
  const back = new TransformStream<Uint8Array, Uint8Array>();
  return Promise.resolve({
    a: streamsChannel({ readable: back.readable, writable: there.writable }),
    b: streamsChannel({ readable: there.readable, writable: back.writable }),
  });
}, { backpressure: 64 * 1024, abortSeen: true });
