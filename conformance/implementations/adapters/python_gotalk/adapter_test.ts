/**
 * python-gotalk. PYTHON_GOTALK is the path of its checkout; without it, the test is skipped.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { text } from "@gotalk/gotalk/codec";
import { startAdapter } from "../../../runner/adapter_protocol/start_adapter.ts";
import { SkippedError } from "../../../runner/implementation.ts";
import { needing } from "../../../../scripts/find_program.ts";
import { TIMEOUT } from "../testing/adapter_checks.ts";

const ADAPTER = new URL("adapter.py", import.meta.url).pathname;
const CHECKOUT = Deno.env.get("PYTHON_GOTALK");

Deno.test(needing({ PYTHON_GOTALK: CHECKOUT }, {
  name: "python-gotalk codes messages, one at a time",
  timeout: TIMEOUT,
  fn: async () => {
    await using python = await startAdapter(
      `python3 -B ${ADAPTER} "${CHECKOUT}"`,
      { strict: true },
    );
    const { features } = await python.ask("start", { protocol: 1 });
    assertEquals(features, ["codec"]);
    assertEquals(await python.ask("encode", {}), { bytes: text.encode("01") });
    const message = {
      kind: "SingleRequest",
      id: text.encode("0001"),
      operation: text.encode("echo"),
      payload: text.encode("hi"),
    } as const;
    const bytes = text.encode("r0001004echo00000002hi");
    assertEquals(await python.ask("encode", { message }), { bytes });
    const chunks = [text.encode("01"), bytes, text.encode("")];
    assertEquals(
      await python.ask("decode", { chunks, handshake: true, end: true }),
      { messages: [{ chunk: 1, message }] },
    );
    const { refused } = await python.ask("decode", {
      chunks: [text.encode("h040065bb87c0")],
    });
    assertEquals(refused?.reason, "InvalidMessageTypeIDError: ");
    await assertRejects(
      () => python.ask("listen", { transport: "tcp" }),
      SkippedError,
    );
  },
}));
