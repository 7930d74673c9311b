/**
 * A worker that serves `echo`.
 *
 * @module
 */

import { Handlers } from "@gotalk/gotalk";
import { serveInWorker } from "@gotalk/gotalk/workers";

const handlers = new Handlers().handleBytes("echo", (payload) => payload);

// The clients only read what they expect.
const limits = { heartbeatInterval: Infinity, receiveTimeout: Infinity };
await serveInWorker({ limits, extensions: false }, handlers);
