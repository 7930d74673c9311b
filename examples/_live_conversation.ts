/**
 * Two peers that talk, with every message shown as it crosses the wire.
 *
 * @module
 */

import {
  connect,
  Handlers,
  isOperationError,
  type MessageObserver,
  OperationError,
  RetryError,
  serve,
} from "@gotalk/gotalk";
import { describe } from "@gotalk/gotalk/codec";

/** Opens a server and a client over a transport and lets them talk; throws when something goes wrong. */
export async function showConversation(
  transport: "tcp" | "websocket",
): Promise<void> {
  await using server = await serve(
    { transport, onMessage: show("server → client") },
    serverHandlers(),
  );
  console.log(`Two peers over ${server.address}`);
  const late = Promise.withResolvers<void>();
  await using client = await connect(server.address, {
    handlers: new Handlers()
      .handle("your-name", () => "the client")
      .onNotification("news", () => {}),
    onMessage: show("client → server"),
    onEvent: (event) => {
      if (event.type === "drop") late.resolve();
    },
  });

  step("The client asks, the server answers");
  expect(await client.request("greet", { name: "Rasmus" }), {
    greeting: "Hello Rasmus",
  });

  step("The server asks back before it answers");
  expect(await client.request("who-am-i"), "You are the client");

  step("A stream both ways, in parts");
  const { readable, writable } = client.stream("upper");
  const text = ReadableStream.from(["read ", "as it ", "comes"]);
  const sent = text.pipeThrough(new TextEncoderStream()).pipeTo(writable);
  const answer = await Array.fromAsync(
    readable.pipeThrough(new TextDecoderStream()),
  );
  await sent;
  expect(answer.join(""), "READ AS IT COMES");

  step("Notifications, which nobody answers");
  await client.notify("subscribe", { topic: "weather" });

  step("An operation that fails");
  expect(
    await client.request("divide", { by: 0 }).catch((error) =>
      isOperationError(error)
    ),
    true,
  );

  step("A server that is busy asks to try again, and the client does");
  expect(await client.request("busy"), "done at the second attempt");

  step(
    "A call that is given up: version 1 has no message for it, a late answer is dropped",
  );
  const call = new AbortController();
  const slow = client.request("slow", undefined, { signal: call.signal });
  call.abort(new Error("changed my mind"));
  expect(await slow.catch((error: Error) => error.message), "changed my mind");
  await late.promise;

  step("Both sides finish what runs, and close");
  await client.drain();
  await server.close();
  const { clean } = await client.closed;
  expect(clean, true);
}

function serverHandlers(): Handlers {
  let attempts = 0;
  return new Handlers()
    .handle(
      "greet",
      ({ name }: { name: string }) => ({ greeting: `Hello ${name}` }),
    )
    .handle(
      "who-am-i",
      async (_: unknown, { peer }) =>
        `You are ${await peer.request("your-name")}`,
    )
    .handleStream("upper", (parts) =>
      parts
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(
          new TransformStream<string, string>({
            transform: (text, controller) =>
              controller.enqueue(text.toUpperCase()),
          }),
        )
        .pipeThrough(new TextEncoderStream()))
    .onNotification(
      "subscribe",
      ({ topic }: { topic: string }, { peer }) =>
        peer.notify("news", { topic, text: "sunny" }),
    )
    .handle("divide", ({ by }: { by: number }) => {
      if (by === 0) throw new OperationError("division by zero");
      return 1 / by;
    })
    .handle("busy", () => {
      if (++attempts === 1) {
        throw new RetryError("too many at the moment", { wait: 200 });
      }
      return "done at the second attempt";
    })
    .handle(
      "slow",
      () => new Promise((resolve) => setTimeout(resolve, 100, "at last")),
    );
}

/** Prints each message that one side sends. */
function show(arrow: string): MessageObserver {
  return (direction, message) => {
    if (direction === "out") console.log(`  ${arrow}  ${describe(message)}`);
  };
}

function step(title: string): void {
  console.log(`${title}:`);
}

function expect(actual: unknown, wanted: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(wanted)];
  if (is !== should) {
    throw new Error(`Cannot go on with the demo: got ${is}, wanted ${should}`);
  }
}
