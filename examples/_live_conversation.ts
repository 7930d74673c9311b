/**
 * A conversation between two peers that prints every message.
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

/**
 * Starts a server, connects a client over `transport`, and prints the messages
 * of their conversation.
 *
 * @throws {Error} If a result is not the expected one.
 */
export async function showConversation(
  transport: "tcp" | "websocket",
): Promise<void> {
  await using server = await serve(
    { transport, onMessage: show("server → client") },
    serverHandlers(),
  );
  console.log(`Two peers over ${server.address}`);
  const news = Promise.withResolvers<void>();
  const late = Promise.withResolvers<void>();
  await using client = await connect(server.address, {
    handlers: new Handlers()
      .handle("your-name", () => "the client")
      .onNotification("news", () => news.resolve()),
    onMessage: show("client → server"),
    onEvent: (event) => {
      if (event.type === "drop") late.resolve();
    },
  });

  step("The client sends a request, the server returns a result");
  expect(await client.request("greet", { name: "Rasmus" }), {
    greeting: "Hello Rasmus",
  });

  step("The server sends a request itself before it returns the result");
  expect(await client.request("who-am-i"), "You are the client");

  step("A stream in both directions, in parts");
  const { readable, writable } = client.stream("upper");
  const text = ReadableStream.from(["read ", "as it ", "comes"]);
  const sent = text.pipeThrough(new TextEncoderStream()).pipeTo(writable);
  const answer = await Array.fromAsync(
    readable.pipeThrough(new TextDecoderStream()),
  );
  await sent;
  expect(answer.join(""), "READ AS IT COMES");

  step("Notifications, which have no result");
  await client.notify("subscribe", { topic: "weather" });
  await news.promise;

  step("An operation that fails");
  expect(
    await client.request("divide", { by: 0 }).catch((error) =>
      isOperationError(error)
    ),
    true,
  );

  step("A busy server requests a retry, and the client retries");
  expect(await client.request("busy"), "done on the second attempt");

  step(
    "An abandoned call: version 1 has no message to cancel it, so the late result is dropped",
  );
  const call = new AbortController();
  const slow = client.request("slow", undefined, { signal: call.signal });
  call.abort(new Error("no longer needed"));
  expect(await slow.catch((error: Error) => error.message), "no longer needed");
  await late.promise;

  step("Both peers drain, then close the connection");
  await client.drain();
  await server.close();
  const { clean } = await client.closed;
  expect(clean, true);
  console.log("  closed, no call was interrupted");
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
        throw new RetryError("too many requests", { wait: 200 });
      }
      return "done on the second attempt";
    })
    .handle(
      "slow",
      () => new Promise((resolve) => setTimeout(resolve, 100, "too late")),
    );
}

/** Returns an observer that prints each message that its peer sends. */
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
    throw new Error(`Cannot continue the demo: got ${is}, wanted ${should}`);
  }
}
