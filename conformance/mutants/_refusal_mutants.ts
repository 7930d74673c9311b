/**
 * Mutants that hide from their own application that something cannot be sent.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Mutants that do not tell of a failure. */
export const REFUSAL_MUTANTS: readonly Mutant[] = [
  {
    name: "unwritable-request-waits",
    does: "lets a request that cannot be written wait for an answer",
    edits: [{
      in: "SingleCall.admitted",
      from: "this.fail(error, true);",
      to: "",
    }],
  },
  {
    name: "unwritable-stream-waits",
    does: "lets a stream whose request cannot be written wait for an answer",
    edits: [{
      in: "StreamCall.#open",
      from: "this.fail(error, true);\n      throw error;",
      to: "return true;",
    }],
  },
  {
    name: "unwritable-notification-lost",
    does: "reports that a notification was sent that cannot be written",
    edits: [{
      in: "Requestor.notify",
      from: "} catch (error) {\n      return Promise.reject(error);",
      to: "} catch {\n      return SENT;",
    }],
  },
  {
    name: "request-waits-behind-the-end",
    does: "lets a request wait that is made when the connection has ended",
    edits: [{
      in: "Requestor.single",
      from:
        'if (this.#refuses) throw closedError(operation, "not-sent", this.#cause);',
      to: "if (this.#closed !== undefined) return new Promise(() => {});",
    }],
  },
  {
    name: "stream-waits-behind-the-end",
    does: "lets a stream wait that is opened when the connection has ended",
    edits: [{
      in: "Requestor.stream",
      from: "call.connectionClosed(this.#cause, false);",
      to: "(call as any).isLost = true;",
    }, {
      in: "StreamCall.#open",
      first: "if ((this as any).isLost) return true;",
    }],
  },
];
