import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { listenTcp } from "@gotalk/gotalk/transport/tcp";
import { toBytes } from "../cases/bytes.ts";
import {
  AdapterError,
  type Implementation,
  SkippedError,
} from "../implementation.ts";
import {
  type Behaviour,
  DESCRIBED,
  scriptedAdapter,
} from "../testing/scripted_adapter.ts";
import {
  AdapterClient,
  type AdapterOptions,
  BrokenAdapterError,
} from "./adapter_client.ts";
import { attachAdapter, channelStreams } from "./attach_adapter.ts";
import { serveAdapter } from "./serve_adapter.ts";

const START = { protocol: 1 } as const;

function clientOf(
  behave: Behaviour,
  stderrTail: string[] = [],
  options: AdapterOptions = {},
): AdapterClient {
  return new AdapterClient(scriptedAdapter(behave, stderrTail), {
    answerTimeout: 2_000,
    ...options,
  });
}

/** Stops as an adapter should, and else does something. */
function polite(behave: Behaviour): Behaviour {
  return (command, reply, end) => {
    if (command.command !== "stop") return behave(command, reply, end);
    reply({ seq: command.seq });
    end();
  };
}

async function faultOf(
  implementation: Implementation,
  error: typeof AdapterError = BrokenAdapterError,
): Promise<string> {
  await using _subject = implementation;
  const { message, fatal } = await assertRejects(
    () => implementation.ask("start", START),
    error,
  ) as AdapterError;
  assertEquals(fatal, true);
  assertEquals(await implementation.ended, message);
  await assertRejects(() => implementation.ask("reset", {}), error, message);
  return message;
}

Deno.test("commands are lines, bytes are digits, and answers arrive in any order", async () => {
  const waiting: (() => void)[] = [];
  await using implementation = clientOf(
    polite(({ seq, ...command }, reply) => {
      const bytes = toBytes(JSON.stringify(command)).toHex();
      waiting.push(() => reply({ seq, bytes }));
      if (waiting.length === 2) {
        for (const answer of waiting.reverse()) answer();
      }
    }),
  );
  const answers = await Promise.all([
    implementation.ask("encode", { version: "00" }),
    implementation.ask("encode", {
      message: {
        kind: "Notification",
        name: toBytes("a"),
        payload: toBytes(""),
      },
    }),
  ]);
  assertEquals(
    answers,
    [
      '{"command":"encode","version":"00"}',
      '{"command":"encode","message":{"kind":"Notification","name":"61","payload":""}}',
    ].map((line) => ({ bytes: toBytes(line) })),
  );
});

Deno.test("answers become values, without unknown fields", async () => {
  await using implementation = clientOf(polite(({ seq, command }, reply) => {
    if (command === "start") reply({ seq, ...DESCRIBED, more: 1 });
    if (command === "encode") reply({ seq, bytes: "00ff" });
    if (command === "decode") {
      const message = { kind: "ProtocolError", code: 1 };
      reply({ seq, messages: [{ chunk: 1, message }] });
    }
  }));
  assertEquals(await implementation.ask("start", START), {
    ...DESCRIBED,
    versions: ["01"],
  });
  assertEquals(await implementation.ask("encode", {}), {
    bytes: toBytes([{ hex: "00ff" }]),
  });
  assertEquals(await implementation.ask("decode", { chunks: [] }), {
    messages: [{ chunk: 1, message: { kind: "ProtocolError", code: 1 } }],
  });
});

Deno.test("an adapter can skip a command or report an error, and continues", async () => {
  await using implementation = clientOf(polite(({ seq, command }, reply) => {
    if (command === "start") {
      reply({ seq, skipped: { reason: "no", issue: "https://a.example/1" } });
    } else reply({ seq, errored: { message: "it broke", trace: "here" } });
  }));
  const skipped = await assertRejects(
    () => implementation.ask("start", START),
    SkippedError,
    "no",
  ) as SkippedError;
  assertEquals(skipped.issue, "https://a.example/1");
  const errored = await assertRejects(
    () => implementation.ask("reset", {}),
    AdapterError,
    "Cannot reset: it broke",
  ) as AdapterError;
  assertEquals(errored.fatal, false);
});

Deno.test("output that is not JSON is one clear error, with the last lines of standard error", async () => {
  const implementation = clientOf((_, reply) => reply("Listening..."), [
    "warning: a",
    "panic: b",
  ]);
  assertEquals(
    await faultOf(implementation),
    "Cannot use the adapter: its output is no answer: it is not JSON, while start was pending" +
      "; its standard error ends with\n  warning: a\n  panic: b\n  its line: Listening...\n  other output belongs on standard error",
  );
});

Deno.test("an answer without a command is reported", async () => {
  assertStringIncludes(
    await faultOf(clientOf(({ seq }, reply) => reply({ seq: seq + 6 }))),
    'it answered seq 7, wanted 1, while start was pending\n  its line: {"seq":7}',
  );
  assertStringIncludes(
    await faultOf(clientOf((_, reply) => reply({}))),
    "its answer has no seq, wanted 1, while start was pending\n  its line: {}",
  );
});

Deno.test("a second answer to a command is reported", async () => {
  await using implementation = clientOf(({ seq }, reply) => {
    reply({ seq, ...DESCRIBED });
    if (seq > 1) reply({ seq: 1, ...DESCRIBED });
  });
  await implementation.ask("start", START);
  await implementation.ask("reset", {});
  await assertRejects(
    () => implementation.ask("reset", {}),
    BrokenAdapterError,
    "it answered seq 1 again, wanted ",
  );
});

Deno.test("an adapter that becomes silent may be given more time", async () => {
  const ends = scriptedAdapter(({ seq, command }, reply) => {
    if (command === "start") reply({ seq, ...DESCRIBED });
  });
  await using implementation = new AdapterClient(ends, { answerTimeout: 20 });
  await implementation.ask("start", START);
  await assertRejects(
    () => implementation.ask("reset", {}),
    AdapterError,
    "no answer to reset (seq 2) in 20 ms, while reset was pending\n  --timeout-scale gives it more time",
  );
});

Deno.test("an adapter that refuses to start is reported with its reason", async () => {
  await using implementation = clientOf(({ seq }, reply) =>
    reply({ seq, errored: { message: "protocol is 1, wanted 2" } })
  );
  await assertRejects(
    () => implementation.ask("start", START),
    AdapterError,
    "Cannot use the adapter: its answer to start is the error: protocol is 1, wanted 2",
  );
});

Deno.test("an adapter that cannot read a line is reported", async () => {
  assertStringIncludes(
    await faultOf(
      clientOf((_, reply) =>
        reply({ seq: null, errored: { message: "line too long" } })
      ),
    ),
    "it could not read a command: line too long",
  );
});

Deno.test("a malformed answer is reported with the place", async () => {
  for (
    const [answer, fault] of [
      [
        { ...DESCRIBED, limits: { name: "x", payload: 1 } },
        '/limits/name is "x", wanted an integer from 0 up',
      ],
      [
        { ...DESCRIBED, roles: undefined },
        "/roles is missing, wanted an object",
      ],
      [
        { ...DESCRIBED, versions: ["1"] },
        '/versions/0 is "1", wanted one of 00, 01',
      ],
      [
        { ...DESCRIBED, features: "codec" },
        '/features is "codec", wanted a list',
      ],
      [
        { ...DESCRIBED, implementation: null },
        "/implementation is null, wanted an object",
      ],
      [{ skipped: "no" }, '/skipped is "no", wanted an object'],
      [
        { ...DESCRIBED, features: ["codec", "stream"] },
        '/features/1 is "stream", wanted one of cancel, codec, drain,',
      ],
      [
        { ...DESCRIBED, operations: ["ecco"] },
        '/operations/0 is "ecco", wanted one of call-back, ',
      ],
      [
        { ...DESCRIBED, roles: { acceptor: ["ws"] } },
        '/roles/acceptor/0 is "ws", wanted one of tcp, unix, websocket',
      ],
      [
        { ...DESCRIBED, roles: { server: ["tcp"] } },
        '/roles is "server", wanted one of acceptor, initiator',
      ],
    ] as const
  ) {
    const message = await faultOf(
      clientOf(({ seq }, reply) => reply({ seq, ...answer })),
    );
    assertStringIncludes(message, `its answer to start is malformed: ${fault}`);
  }
});

Deno.test("unknown words in a description are accepted on request", async () => {
  await using implementation = clientOf(
    polite(({ seq }, reply) =>
      reply({ seq, ...DESCRIBED, features: ["warp"] })
    ),
    [],
    { allowUnknown: true },
  );
  const { features } = await implementation.ask("start", { protocol: 1 });
  assertEquals(features, ["warp"]);
});

Deno.test("bytes are pairs of digits in lower case", async () => {
  for (const bytes of ["0", "FF", "zz", 1]) {
    await using implementation = clientOf(({ seq }, reply) =>
      reply({ seq, bytes })
    );
    await assertRejects(
      () => implementation.ask("encode", {}),
      BrokenAdapterError,
      `/bytes is ${JSON.stringify(bytes)}, wanted pairs of hexadecimal digits`,
    );
  }
});

Deno.test("in strict mode, an unknown field is an error", async () => {
  const ends = scriptedAdapter(({ seq }, reply) =>
    reply({ seq, ...DESCRIBED, more: 1 })
  );
  assertStringIncludes(
    await faultOf(new AdapterClient(ends, { strict: true })),
    "/more is 1, wanted no such field",
  );
});

Deno.test("an adapter that exits is reported with its status", async () => {
  const implementation = clientOf(
    (_, __, end) => end("it exited with status 3"),
    [
      "out of memory",
    ],
  );
  assertEquals(
    await faultOf(implementation, AdapterError),
    "Cannot use the adapter: it exited with status 3, while start was pending" +
      "; its standard error ends with\n  out of memory",
  );
});

Deno.test("an adapter that does not answer is ended", async () => {
  const ends = scriptedAdapter(() => {});
  const implementation = new AdapterClient(ends, { answerTimeout: 20 });
  assertEquals(
    await faultOf(implementation, AdapterError),
    "Cannot use the adapter: no answer to start (seq 1) in 20 ms, while start was pending" +
      "\n  an answer is a line, and is flushed as soon as it is written",
  );
  assertEquals(await ends.exited, "it was ended by SIGKILL");
});

Deno.test("a command may take its own timeout in addition", async () => {
  await using implementation = new AdapterClient(
    scriptedAdapter(polite(({ seq, command }, reply) => {
      if (command === "drain") {
        const report = { state: "open", notes: [], heartbeats: [] };
        setTimeout(reply, 40, { seq, ...report });
      }
    })),
    { answerTimeout: 20 },
  );
  const { state } = await implementation.ask("drain", {
    connection: "a",
    timeout: 5_000,
  });
  assertEquals(state, "open");
});

Deno.test("disposing stops the adapter, and does not report an exit", async () => {
  const ends = scriptedAdapter(polite(() => {}));
  const implementation = new AdapterClient(ends);
  await implementation[Symbol.asyncDispose]();
  await implementation[Symbol.asyncDispose]();
  assertEquals(ends.received, ["stop"]);
  assertEquals(
    await Promise.race([implementation.ended, Promise.resolve("nothing")]),
    "nothing",
  );
  await assertRejects(
    () => implementation.ask("reset", {}),
    AdapterError,
    "it was stopped",
  );
});

Deno.test("attachAdapter connects to an adapter over a socket", async () => {
  await using listener = listenTcp();
  const serving = listener.accept().then((channel) => {
    const { readable, writable } = channelStreams(channel!);
    const implementation: Implementation = {
      ended: new Promise(() => {}),
      ask: () => Promise.reject(new SkippedError("never")),
      [Symbol.asyncDispose]: () => channel!.close(),
    };
    return serveAdapter(implementation, readable, writable);
  });
  await using implementation = await attachAdapter(listener.address);
  await assertRejects(
    () => implementation.ask("start", START),
    SkippedError,
    "never",
  );
  await implementation[Symbol.asyncDispose]();
  await serving;
});

Deno.test("attachAdapter fails if nothing listens", async () => {
  const listener = listenTcp();
  listener.close();
  await assertRejects(
    () => attachAdapter(listener.address),
    AdapterError,
    listener.address,
  );
  await assertRejects(
    () => attachAdapter("localhost:1"),
    AdapterError,
    'got address "localhost:1", wanted tcp://host:port',
  );
});
