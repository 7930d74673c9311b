import { assertEquals } from "@std/assert";
import { memoryPair } from "../transport/mod.ts";
import { ScriptedPeer } from "./testing/scripted_peer.ts";
import type {
  AnyContract,
  Contract,
  Input,
  NotificationName,
  OperationName,
  Output,
} from "./contract.ts";
import { Handlers } from "./handlers.ts";
import { Peer } from "./peer.ts";
import type { Schema } from "./standard_schema.ts";

/** Whether two types are identical. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles only if its type argument is `true`. */
function holds<T extends true>(): T | void {}

interface Greeting {
  greeting: string;
}

interface Chat extends Contract {
  operations: {
    greet(input: { name: string }): Greeting;
    later(input: number): Promise<string>;
    ping(): void;
  };
  notifications: {
    seen: { id: number };
    typing: undefined;
  };
}

Deno.test("a contract types operation names, inputs and outputs", () => {
  holds<Same<OperationName<Chat>, "greet" | "later" | "ping">>();
  holds<Same<NotificationName<Chat>, "seen" | "typing">>();
  holds<Same<Input<Chat, "greet">, { name: string }>>();
  holds<Same<Output<Chat, "greet">, Greeting>>();
  holds<Same<Output<Chat, "later">, string>>();
  holds<Same<Output<Chat, "ping">, void>>();
  holds<Same<OperationName<AnyContract>, string>>();
  holds<Same<Output<AnyContract, string>, unknown>>();
});

Deno.test("a peer with a contract takes inputs and returns outputs of the contract's types", async () => {
  const handlers = new Handlers()
    .handle(
      "greet",
      ({ name }: { name: string }) => ({ greeting: `Hi ${name}` }),
    )
    .handle("later", (n: number) => `${n}`)
    .handle("ping", () => {})
    .onNotification("seen", () => {});
  const [left, right] = memoryPair();
  await using peer = new Peer<Chat>(left);
  await using _server = new Peer(right, { handlers, role: "acceptor" });

  const answer = await peer.request("greet", { name: "Ada" });
  holds<Same<typeof answer, Greeting>>();
  assertEquals(answer, { greeting: "Hi Ada" });
  const later = await peer.request("later", 1);
  holds<Same<typeof later, string>>();
  assertEquals(later, "1");
  assertEquals(await peer.request("ping"), undefined);
  await peer.notify("seen", { id: 1 });
});

Deno.test("code that violates a contract does not compile", async () => {
  await using script = await ScriptedPeer.open();
  const peer = script.peer as Peer as unknown as Peer<Chat>;
  const wrong = [
    // @ts-expect-error: there is no such operation
    () => peer.request("nope"),
    // @ts-expect-error: the input has another type
    () => peer.request("greet", { nam: "Ada" }),
    // @ts-expect-error: the output has another type
    async () => (await peer.request("greet", { name: "" })).greetings,
    // @ts-expect-error: there is no such notification
    () => peer.notify("nope"),
    // @ts-expect-error: the notification has another payload
    () => peer.notify("seen", { id: "1" }),
  ];
  assertEquals(wrong.length, 5);
});

Deno.test("an output schema types the result, also without a contract", async () => {
  const schema: Schema<unknown, Greeting> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => ({ value: value as Greeting }),
    },
  };
  const [left, right] = memoryPair();
  await using peer = new Peer(left);
  await using _server = new Peer(right, {
    handlers: new Handlers().handle("greet", () => ({ greeting: "Hi" }), {
      output: schema,
    }),
    role: "acceptor",
  });
  const plain = await peer.request("greet");
  holds<Same<typeof plain, unknown>>();
  const checked = await peer.request("greet", undefined, { output: schema });
  holds<Same<typeof checked, Greeting>>();
  assertEquals(checked, { greeting: "Hi" });
});

Deno.test("a handler's input type is inferred from its schema", () => {
  const schema = {} as Schema<unknown, { n: number }>;
  new Handlers()
    .handle("x", (input) => {
      holds<Same<typeof input, { n: number }>>();
      return input.n;
    }, { input: schema })
    .handle("y", (input) => {
      holds<Same<typeof input, unknown>>();
      return input;
    })
    .onNotification("z", (input) => {
      holds<Same<typeof input, { n: number }>>();
    }, { input: schema });
});
