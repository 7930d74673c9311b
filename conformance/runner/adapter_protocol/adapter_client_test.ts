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
  attachAdapter,
  BrokenAdapterError,
  channelStreams,
} from "./adapter_client.ts";
import { serveAdapter } from "./serve_adapter.ts";

const START = { protocol: 1 } as const;

function subjectThat(
  behave: Behaviour,
  lastWords: string[] = [],
): AdapterClient {
  return new AdapterClient(scriptedAdapter(behave, lastWords), {
    answerTimeout: 2_000,
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

Deno.test("commands go as lines, bytes as digits, and answers come in any order", async () => {
  const waiting: (() => void)[] = [];
  await using implementation = subjectThat(
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

Deno.test("answers become values, without fields that nobody knows", async () => {
  await using implementation = subjectThat(polite(({ seq, command }, reply) => {
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

Deno.test("an adapter can skip a command or fail in it, and goes on", async () => {
  await using implementation = subjectThat(polite(({ seq, command }, reply) => {
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

Deno.test("output that is no JSON is one clear error, with what was last said on standard error", async () => {
  const implementation = subjectThat((_, reply) => reply("Listening..."), [
    "warning: a",
    "panic: b",
  ]);
  assertEquals(
    await faultOf(implementation),
    "Cannot ask the adapter: its output is no answer: it is no JSON, asked for start" +
      "; its standard error ends with\n  warning: a\n  panic: b\n  its line: Listening...",
  );
});

Deno.test("an answer to what nobody asked is named", async () => {
  assertStringIncludes(
    await faultOf(subjectThat(({ seq }, reply) => reply({ seq: seq + 6 }))),
    "it answered seq 7, wanted 1",
  );
  assertStringIncludes(
    await faultOf(subjectThat((_, reply) => reply({}))),
    "it answered seq undefined, wanted 1",
  );
});

Deno.test("an adapter that could not read a line says so", async () => {
  assertStringIncludes(
    await faultOf(
      subjectThat((_, reply) =>
        reply({ seq: null, errored: { message: "line too long" } })
      ),
    ),
    "it could not read a command: line too long",
  );
});

Deno.test("a malformed answer is named with the place", async () => {
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
    ] as const
  ) {
    const message = await faultOf(
      subjectThat(({ seq }, reply) => reply({ seq, ...answer })),
    );
    assertStringIncludes(message, `its answer to start is malformed: ${fault}`);
  }
});

Deno.test("bytes are pairs of digits in lower case", async () => {
  for (const bytes of ["0", "FF", "zz", 1]) {
    await using implementation = subjectThat(({ seq }, reply) =>
      reply({ seq, bytes })
    );
    await assertRejects(
      () => implementation.ask("encode", {}),
      BrokenAdapterError,
      `/bytes is ${JSON.stringify(bytes)}, wanted pairs of hexadecimal digits`,
    );
  }
});

Deno.test("when asked to, a field that no answer has is a fault", async () => {
  const ends = scriptedAdapter(({ seq }, reply) =>
    reply({ seq, ...DESCRIBED, more: 1 })
  );
  assertStringIncludes(
    await faultOf(new AdapterClient(ends, { strict: true })),
    "/more is 1, wanted no such field",
  );
});

Deno.test("an adapter that ends is told of with how it ended", async () => {
  const implementation = subjectThat(
    (_, __, end) => end("it exited with status 3"),
    [
      "out of memory",
    ],
  );
  assertEquals(
    await faultOf(implementation, AdapterError),
    "Cannot ask the adapter: it exited with status 3, asked for start" +
      "; its standard error ends with\n  out of memory",
  );
});

Deno.test("an adapter that is silent is given up and ended", async () => {
  const ends = scriptedAdapter(() => {});
  const implementation = new AdapterClient(ends, { answerTimeout: 20 });
  assertEquals(
    await faultOf(implementation, AdapterError),
    "Cannot ask the adapter: no answer to start (seq 1) in 20 ms, asked for start",
  );
  assertEquals(await ends.gone, "it was ended by SIGKILL");
});

Deno.test("a command may take as long as it asks for", async () => {
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

Deno.test("disposing stops the adapter and is no end of its own accord", async () => {
  const ends = scriptedAdapter(polite(() => {}));
  const implementation = new AdapterClient(ends);
  await implementation[Symbol.asyncDispose]();
  await implementation[Symbol.asyncDispose]();
  assertEquals(ends.heard, ["stop"]);
  assertEquals(
    await Promise.race([implementation.ended, Promise.resolve("nothing")]),
    "nothing",
  );
  await assertRejects(
    () => implementation.ask("reset", {}),
    AdapterError,
    "told to stop",
  );
});

Deno.test("an adapter is attached to over a socket", async () => {
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

Deno.test("where nobody listens there is nothing to attach to", async () => {
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
    'the address is "localhost:1", wanted tcp://host:port',
  );
});
