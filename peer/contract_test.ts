import { assertEquals } from "@std/assert";
import { memoryPair } from "../transport/mod.ts";
import { ScriptedPeer } from "./testing/scripted_peer.ts";
import type {
  AnyContract,
  Contract,
  Input,
  NotificationName,
  NotificationValue,
  OperationName,
  Output,
  StreamName,
} from "./contract.ts";
import type { ContractOf } from "./contract_of.ts";
import { Handlers } from "./handlers.ts";
import { Peer } from "./peer.ts";
import type { ReconnectingPeer } from "./reconnecting/reconnecting_peer.ts";
import type { Remote } from "./remote.ts";
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
    find(input?: { limit: number }): string[];
    parse(input: string | undefined): number;
    store(input: unknown): void;
  };
  notifications: {
    seen: { id: number };
    typing: undefined;
    moved: { x: number } | undefined;
  };
  streams: {
    gzip(): void;
  };
}

/** Operations of all kinds of payloads. */
interface Mixed extends Contract {
  operations: Chat["operations"] & {
    shout(text: string): string;
    echo(bytes: Uint8Array): Uint8Array;
    icon(): Uint8Array;
  };
  notifications: Chat["notifications"];
  streams: Chat["streams"];
}

interface Page extends Contract {
  operations: { confirm(question: string): boolean };
}

Deno.test("a contract types operation names, inputs and outputs", () => {
  holds<
    Same<
      OperationName<Chat>,
      "greet" | "later" | "ping" | "find" | "parse" | "store"
    >
  >();
  holds<Same<NotificationName<Chat>, "seen" | "typing" | "moved">>();
  holds<Same<NotificationName<Page>, never>>();
  holds<Same<StreamName<Chat>, "gzip">>();
  holds<Same<Input<Chat, "greet">, { name: string }>>();
  holds<Same<Output<Chat, "greet">, Greeting>>();
  holds<Same<Output<Chat, "later">, string>>();
  holds<Same<Output<Chat, "ping">, void>>();
  holds<Same<Input<Chat, "ping">, undefined>>();
  holds<Same<Input<Chat, "find">, { limit: number } | undefined>>();
  holds<Same<Input<Chat, "store">, unknown>>();
  holds<Same<OperationName<AnyContract>, string>>();
  holds<Same<NotificationName<AnyContract>, string>>();
  holds<Same<Input<AnyContract, string>, unknown>>();
  holds<Same<NotificationValue<AnyContract, string>, unknown>>();
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

Deno.test("a result may have more than its type, as in all of TypeScript, unless the handler declares it", () => {
  const named = { greeting: "Hi", id: 1 };
  const sets = [
    () => new Handlers<Chat>().handle("greet", () => named),
    () =>
      new Handlers<Chat>().handle("greet", (): Output<Chat, "greet"> => ({
        greeting: "Hi",
        // @ts-expect-error: the result has no such property
        id: 1,
      })),
    () =>
      new Handlers<Chat>().handle(
        "greet",
        // @ts-expect-error: the result has no such property
        () => ({ greeting: "Hi", id: 1 } satisfies Output<Chat, "greet">),
      ),
  ];
  assertEquals(sets.length, 3);
});

Deno.test("code that violates a contract does not compile", async () => {
  await using script = await ScriptedPeer.open();
  const peer = script.peer as Peer<Chat>;
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
    // @ts-expect-error: the input is left out
    () => peer.request("greet"),
    // @ts-expect-error: the input is required
    () => peer.request("greet", undefined, { timeout: 1 }),
    // @ts-expect-error: the operation takes no input
    () => peer.request("ping", "pong"),
    // @ts-expect-error: the optional input has another type
    () => peer.request("find", { limit: "1" }),
    // @ts-expect-error: the value is left out
    () => peer.notify("seen"),
    // @ts-expect-error: the notification has no value
    () => peer.notify("typing", true),
    // @ts-expect-error: there is no such operation
    () => peer.requestText("nope", ""),
    // @ts-expect-error: there is no such operation
    () => peer.requestBytes("nope", new Uint8Array()),
    // @ts-expect-error: there is no such operation with streams
    () => peer.stream("gunzip"),
    // @ts-expect-error: there is no such notification
    () => peer.notifyBytes("nope", new Uint8Array()),
  ];
  assertEquals(wrong.length, 15);
});

Deno.test("what is optional in a contract may be left out", () => {
  const right = (peer: Remote<Chat>) => [
    peer.request("ping", undefined, { timeout: 1 }),
    peer.request("find"),
    peer.request("find", { limit: 1 }, { timeout: 1 }),
    peer.request("parse"),
    peer.request("parse", "1"),
    peer.request("store"),
    peer.request("store", [1]),
    peer.notify("typing"),
    peer.notify("moved"),
    peer.notify("moved", { x: 1 }),
    peer.stream("gzip"),
  ];
  assertEquals(right.length, 1);
});

Deno.test("a peer with a contract can be passed as a peer, and as the interface of all peers", () => {
  const asPeer = (peer: Peer<Chat>): Peer => peer;
  const asRemote = (peer: Peer<Chat>): Remote => peer;
  const asRemoteOf = (peer: Peer<Chat>): Remote<Chat> => peer;
  const reconnecting = (peer: ReconnectingPeer<Chat>): ReconnectingPeer => peer;
  const reconnectingAsRemote = (peer: ReconnectingPeer<Chat>): Remote => peer;
  const asSet = (peers: Set<Peer<Chat>>): ReadonlySet<Peer> => peers;
  const asIdentified = (peer: Peer<Chat, { name: string }>): Peer => peer;
  // @ts-expect-error: an operation of the wanted contract is missing
  const asOther = (peer: Peer<Chat>): Peer<Page> => peer;
  // The other way needs an assertion.
  const asserted = (peer: Peer) => peer as Peer<Chat>;
  const values = [asPeer, asRemote, asRemoteOf, reconnecting];
  values.push(reconnectingAsRemote as never, asSet as never, asOther as never);
  values.push(asserted as never, asIdentified as never);
  assertEquals(values.length, 9);
});

Deno.test("code for any contract compiles", () => {
  function greet<C extends Chat>(peer: Remote<C>): Promise<unknown> {
    return (peer as Remote<Chat>).request("greet", { name: "Ada" });
  }
  function names<C extends Contract>(
    peer: Remote<C>,
    name: OperationName<C>,
  ): Promise<string> {
    return peer.requestText(name, "");
  }
  assertEquals([greet.length, names.length], [1, 2]);
});

Deno.test("handlers of a contract take its inputs and return its outputs", () => {
  const handlers = new Handlers<Mixed>()
    .handle("greet", ({ name }) => ({ greeting: `Hi ${name}` }))
    .handle("later", async (n) => await Promise.resolve(`${n}`))
    .handle("ping", () => {})
    .handle("find", (input) => {
      holds<Same<typeof input, { limit: number } | undefined>>();
      return [];
    })
    .handleText("shout", (value) => value)
    .handleBytes("echo", (value) => value)
    .handleBytes("icon", () => new Uint8Array())
    .handleStream("gzip", (parts) => parts)
    .onNotification("seen", ({ id }) => void holds<Same<typeof id, number>>())
    .onNotification("moved", (value) => void value?.x);
  holds<Same<typeof handlers, Handlers<Mixed>>>();
  holds<
    Same<OperationName<ContractOf<typeof handlers>>, OperationName<Mixed>>
  >();
  const untyped: Handlers = handlers;
  const wrong = [
    // @ts-expect-error: there is no such operation
    () => handlers.handle("gret", () => {}),
    // @ts-expect-error: the input has another type
    () => handlers.handle("later", (n: string) => n),
    // @ts-expect-error: the output has another type
    () => handlers.handle("greet", ({ name }) => ({ greting: name })),
    // @ts-expect-error: a promise of another type
    () => handlers.handle("later", (n) => Promise.resolve(n)),
    // @ts-expect-error: there is no such operation
    () => handlers.handleText("shoot", (value) => value),
    // @ts-expect-error: there is no such operation
    () => handlers.handleBytes("eco", (value) => value),
    // @ts-expect-error: the input and the result of this operation are JSON
    () => handlers.handleText("greet", (value) => value),
    // @ts-expect-error: the result of this operation is JSON
    () => handlers.handleText("parse", (value) => value),
    // @ts-expect-error: the input of this operation is JSON
    () => handlers.handleText("later", (value) => value),
    // @ts-expect-error: the payloads of this operation are bytes
    () => handlers.handleText("echo", (value) => value),
    // @ts-expect-error: the input and the result of this operation are JSON
    () => handlers.handleBytes("greet", (value) => value),
    // @ts-expect-error: the payloads of this operation are text
    () => handlers.handleBytes("shout", (value) => value),
    // @ts-expect-error: this operation has no streams
    () => handlers.handleStream("greet", (parts) => parts),
    // @ts-expect-error: there is no such notification
    () => handlers.onNotification("sen", () => {}),
    // @ts-expect-error: the value has another type
    () => handlers.onNotification("seen", ({ id }: { id: string }) => void id),
    // @ts-expect-error: there is no such notification
    () => handlers.onNotificationBytes("sen", () => {}),
  ];
  assertEquals([wrong.length, untyped === handlers], [16, true]);
});

Deno.test("handlers know what the remote peer offers and who it is", () => {
  const handlers = new Handlers<Chat, Page, { name: string }>()
    .handle("greet", async ({ name }, { peer, auth }) => {
      holds<Same<typeof auth, { name: string }>>();
      const answer = await peer.request("confirm", `Greet ${name}?`);
      holds<Same<typeof answer, boolean>>();
      // @ts-expect-error: the remote peer has no such operation
      await peer.request("confrm", "");
      return { greeting: auth.name };
    })
    .use(({ auth }, next) => auth.name === "" ? undefined : next());
  const untyped: Handlers = handlers;
  assertEquals(untyped === handlers, true);
});

Deno.test("a contract can be inferred from handlers", () => {
  const common = new Handlers().handle("version", () => 1);
  const handlers = new Handlers(common)
    .handle("greet", ({ name }: { name: string }) => ({ greeting: name }))
    .handle("later", async (n: number) => `${await Promise.resolve(n)}`)
    .handle("ping", () => {})
    .handleText("shout", (text) => text.toUpperCase())
    .handleStream("gzip", (parts) => parts)
    .onNotification("seen", ({ id }: { id: number }) => void id);
  type Inferred = ContractOf<typeof handlers>;
  holds<
    Same<
      OperationName<Inferred>,
      "version" | "greet" | "later" | "ping" | "shout"
    >
  >();
  holds<Same<NotificationName<Inferred>, "seen">>();
  holds<Same<StreamName<Inferred>, "gzip">>();
  holds<Same<Input<Inferred, "greet">, { name: string }>>();
  holds<Same<Output<Inferred, "later">, string>>();
  const calls = (peer: Peer<Inferred>) => [
    peer.request("greet", { name: "Ada" }),
    peer.request("ping"),
    peer.request("version"),
    peer.notify("seen", { id: 1 }),
    // @ts-expect-error: the input is left out
    peer.request("greet"),
    // @ts-expect-error: there is no such operation
    peer.request("gret", { name: "Ada" }),
    // @ts-expect-error: the value has another type
    peer.notify("seen", { id: "1" }),
  ];
  const untyped: Handlers = handlers;
  assertEquals([calls.length, untyped === handlers], [1, true]);
});

Deno.test("a contract that is inferred has one section for each kind of handlers, whose members are merged", () => {
  const common = new Handlers().handle("version", () => 1);
  const handlers = new Handlers(common)
    .handle("version", () => "2")
    .handle("shared", (n: number) => n)
    .handleStream("shared", (parts) => parts)
    .handleValues("shared", (n: number) => [n])
    .onNotification("shared", (text: string) => void text);
  type Inferred = ContractOf<typeof handlers>;
  holds<
    Same<
      keyof Inferred,
      "operations" | "streams" | "values" | "notifications"
    >
  >();
  holds<Same<OperationName<Inferred>, "version" | "shared">>();
  // The set is one object: its methods change it.
  holds<Same<Output<Inferred, "version">, number | string>>();
  holds<Same<Input<Inferred, "shared">, number>>();
  holds<Same<StreamName<Inferred>, "shared">>();
  holds<Same<NotificationValue<Inferred, "shared">, string>>();
  const none: ContractOf<Handlers> = {};
  const name = Math.random() < 2 ? "late" : "early";
  const either = new Handlers().handle(name, () => 1);
  holds<
    Same<OperationName<ContractOf<typeof either>>, "late" | "early">
  >();
  const any = new Handlers().handle(name as string, () => 1);
  holds<Same<ContractOf<typeof any>, Contract>>();
  assertEquals(none, {});
});

Deno.test("a set of handlers of a contract may extend any other set", () => {
  const common = new Handlers().handle("version", () => 1);
  const handlers = new Handlers<Chat>(common).handle("ping", () => {});
  assertEquals(handlers.findSingle("version") === undefined, false);
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

interface Lamp extends Contract {
  operations: {
    state(): "on" | "off";
    inspect(
      input: number,
    ): { state: "on" | "off"; tags: string[]; at: [number, number] };
  };
  values: {
    states(): AsyncIterable<"on" | "off">;
    changes(): AsyncIterable<{ to: "on" | "off"; tags: string[] }>;
  };
  streams: {
    upload(input: { path: string }): void;
  };
}

Deno.test("handlers may return and yield literals of a contract, also later", () => {
  const handlers = new Handlers<Lamp>()
    .handle("state", () => "on")
    .handle("state", async () => await Promise.resolve("on"))
    // deno-lint-ignore require-await -- as handlers are written
    .handle("state", async () => "on")
    .handle("inspect", async (n) => {
      await Promise.resolve();
      return { state: "on", tags: [`${n}`], at: [1, 2] };
    })
    .handleValues("states", function* () {
      yield "on";
      yield "off";
    })
    .handleValues("states", async function* () {
      yield await Promise.resolve("on" as const);
      yield "off";
    })
    .handleValues("states", () => ["on", "off"])
    .handleValues("changes", async function* () {
      await Promise.resolve();
      yield { to: "on", tags: [""] };
    }) as Handlers<Lamp>;
  const wrong = [
    // @ts-expect-error: no such state
    () => handlers.handle("state", () => "up"),
    // @ts-expect-error: no such state
    // deno-lint-ignore require-await -- as above
    () => handlers.handle("state", async () => "up"),
    () =>
      // @ts-expect-error: no such state
      handlers.handleValues("states", function* () {
        yield "up";
      }),
  ];
  assertEquals(wrong.length, 3);
});

Deno.test("a contract inferred from handlers without parameters takes no input", () => {
  const handlers = new Handlers()
    .handle("none", () => "pong")
    .handle("any", (input: unknown) => typeof input)
    .handle("untyped", (input) => typeof input)
    .handle("optional", (input?: number) => input ?? 0)
    .handleValues("count", function* () {
      yield 1;
    })
    .handleValues("repeat", function* (input: number) {
      yield input;
    })
    .handleStream("echo", (parts) => parts)
    .handleStream("put", (parts) => parts, { input: true })
    .onNotification("tick", () => {})
    .onNotification("moved", (_: number) => {});
  type Inferred = ContractOf<typeof handlers>;
  holds<Same<Input<Inferred, "none">, undefined>>();
  holds<Same<Output<Inferred, "none">, string>>();
  holds<Same<Input<Inferred, "any">, unknown>>();
  holds<Same<Input<Inferred, "untyped">, unknown>>();
  holds<Same<Input<Inferred, "optional">, number | undefined>>();
  holds<Same<NotificationValue<Inferred, "tick">, undefined>>();
  holds<Same<NotificationValue<Inferred, "moved">, number>>();
  const right = (peer: Remote<Inferred>) => [
    () => peer.request("none"),
    () => peer.request("none", undefined, { timeout: 1 }),
    () => peer.request("any", 5),
    () => peer.request("untyped", 5),
    () => peer.values("count"),
    () => peer.values("repeat", 5),
    () => peer.stream("echo"),
    () => peer.stream("put", { input: 5 }),
    () => peer.notify("tick"),
  ];
  const wrong = (peer: Remote<Inferred>, lamp: Remote<Lamp>) => [
    // @ts-expect-error: it takes no input
    () => peer.request("none", 5),
    // @ts-expect-error: it takes no input
    () => peer.values("count", 5),
    // @ts-expect-error: it takes no input
    () => peer.stream("echo", { input: 5 }),
    // @ts-expect-error: it has no value
    () => peer.notify("tick", 5),
    // @ts-expect-error: it takes an input
    () => lamp.stream("upload"),
    // @ts-expect-error: it takes an input
    () => lamp.stream("upload", {}),
  ];
  assertEquals([typeof right, typeof wrong], ["function", "function"]);
});
