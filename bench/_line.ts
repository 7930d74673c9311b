/**
 * A long line to a port of this machine, in a process.
 *
 * @module
 */

import { DelayingRelay } from "../transport/testing/delaying_relay.ts";
import { answer } from "./_child.ts";

await answer(({ port, delay, rate }: {
  readonly port: number;
  readonly delay: number;
  readonly rate: number;
}) => Promise.resolve(new DelayingRelay(port, delay, rate).port));
