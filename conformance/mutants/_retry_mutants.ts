/**
 * Mutants of requests that are repeated after a RetryResult.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Mutants that wait wrongly, or repeat wrongly. */
export const RETRY_MUTANTS: readonly Mutant[] = [
  {
    name: "retry-at-once",
    does: "repeats a request without waiting",
    edits: [{
      in: "SingleCall.retry",
      from: "this.pending.readmit(this), delay",
      to: "this.pending.readmit(this), 0",
    }],
  },
  {
    name: "wait-signed",
    does: "repeats a request at once if its wait does not fit 31 bits",
    edits: [{ in: "SingleCall.retry", first: "wait |= 0;" }],
  },
  {
    name: "written-wait-cut",
    does: "writes the low 32 bits of a wait that does not fit",
    edits: [
      {
        in: "RetryError.constructor",
        from: "!(wait >= 0 && wait <= LONGEST_WAIT)",
        to: "Number.isNaN(wait)",
      },
      {
        in: "RetryError.constructor",
        from: "this.wait = wait;",
        to: "this.wait = wait >>> 0;",
      },
    ],
  },
  {
    name: "retry-never",
    does: "never repeats a request, whatever the RetryResult says",
    edits: [{
      in: "SingleCall.retry",
      from: "this.#attempts >= policy.attempts ||",
      to: "policy.attempts >= 0 ||",
    }],
  },
  {
    name: "retry-payload-as-text",
    does: "reports the payload of a RetryResult as text",
    edits: [{
      in: "SingleCall.retry",
      from: "retryError(this.operation, wait, payload)",
      to:
        "retryError(this.operation, wait, new TextEncoder().encode(new TextDecoder().decode(payload)))",
    }],
  },
  {
    name: "retry-without-end",
    does: "repeats a request for ever",
    edits: [{
      in: "SingleCall.retry",
      from: "this.#attempts >= policy.attempts ||",
      to: "",
    }],
  },
  {
    name: "retry-under-the-same-id",
    does: "repeats a request under its old ID",
    edits: [{
      in: "PendingCalls.withdraw",
      from: "this.#table.delete(call);",
      to: "",
    }, {
      in: "PendingCalls.#admit",
      from: "this.#table.add(call);",
      to: "if (call.id === 0) this.#table.add(call);",
    }],
  },
  {
    name: "retry-holds-all",
    does: "sends no request while another one waits to be repeated",
    edits: [{
      in: "SingleCall.retry",
      from: "() => this.pending.readmit(this)",
      to:
        "((this.pending as any).held = true, () => { (this.pending as any).held = false; this.pending.readmit(this); })",
    }, {
      in: "PendingCalls.#hasCapacity",
      first: "if ((this as any).held) return false;",
    }],
  },
  {
    name: "parts-kept-over-a-retry",
    does:
      "joins the parts in front of a RetryResult with the answer to the repeated request",
    edits: [
      {
        in: "SingleCall.retry",
        from: "this.#join(NO_BYTES); this.#size = 0;",
        to: "",
      },
    ],
  },
  {
    name: "waits-a-second-at-most",
    does: "repeats a request after a second if its wait is longer",
    edits: [{
      in: "SingleCall.retry",
      from: "const delay = wait +",
      to: "const delay = Math.min(wait, 1000) +",
    }],
  },
  {
    name: "waiting-call-forgotten",
    does:
      "leaves a call pending that waits to be repeated when the connection ends",
    edits: [{
      in: "PendingCalls.connectionClosed",
      from: "[...this.#unsentCalls, ...this.#table.values()]",
      to: "this.#table.values()",
    }],
  },
  {
    name: "waits-a-little-short",
    does: "repeats half of the requests some milliseconds before their time",
    edits: [{
      in: "SingleCall.retry",
      from: "wait + Math.ceil(random() * policy.jitter)",
      to: "Math.max(0, wait + Math.round((random() - 0.5) * policy.jitter))",
    }],
  },
  {
    name: "retry-without-pause",
    does: "repeats a request at once if its wait is 0",
    edits: [{
      in: "SingleCall.retry",
      from: "wait + Math.ceil(random() * policy.jitter)",
      to: "wait",
    }],
  },
];
