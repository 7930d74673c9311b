import { assertThrows } from "@std/assert";
import { testChannel } from "./_channel_suite.ts";
import { memoryPair } from "./memory.ts";

testChannel("memory channel", () => {
  const [a, b] = memoryPair();
  return Promise.resolve({ a, b });
}, { backpressure: 64 * 1024, abortSeen: true });
