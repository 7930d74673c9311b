import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, Handlers, type Peer } from "@gotalk/gotalk";
import type { ChatPage, ChatServer, Message } from "./contract.ts";
import { startChat } from "./server.ts";

/** A page, as far as the server can tell. */
class Page implements AsyncDisposable {
  readonly peer: Peer<ChatServer>;
  readonly #said: Message[];
  readonly #waiting: { wake: () => void };

  private constructor(
    peer: Peer<ChatServer>,
    said: Message[],
    waiting: { wake: () => void },
  ) {
    this.peer = peer;
    this.#said = said;
    this.#waiting = waiting;
  }

  static async open(address: string, wavesBack = true): Promise<Page> {
    const said: Message[] = [];
    const waiting = { wake: () => {} };
    const handlers = new Handlers<ChatPage>()
      .onNotification("said", (message) => {
        said.push(message);
        waiting.wake();
      })
      .handle("wave", () => wavesBack);
    const url = `${address}/gotalk/`;
    return new Page(
      await connect<ChatServer>(url, { handlers }),
      said,
      waiting,
    );
  }

  /** Returns the next message that arrives. */
  async next(): Promise<Message> {
    while (this.#said.length === 0) {
      await new Promise<void>((resolve) => this.#waiting.wake = resolve);
    }
    return this.#said.shift()!;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.peer.close();
  }
}

Deno.test("people in a room of the chat see what is said, who is there and who waves", async () => {
  await using chat = await startChat();
  await using ali = await Page.open(chat.address);
  await using bea = await Page.open(chat.address, false);
  const place = { room: "general" };
  await ali.peer.request("enter", { ...place, name: "Ali" });
  const member = await bea.peer.request("enter", { ...place, name: " Bea " });
  assertEquals(member.data.name, "Bea");
  const people = ali.peer.values("people");
  for await (const members of people) {
    assertEquals(members.map(({ data }) => data.name).sort(), ["Ali", "Bea"]);
    break;
  }
  await ali.peer.request("say", "hello");
  for (const page of [ali, bea]) {
    const { from, text } = await page.next();
    assertEquals([from, text], ["Ali", "hello"]);
  }
  const history = await Array.fromAsync(bea.peer.values("history"));
  assertEquals(history.map(({ text }) => text), ["hello"]);
  assertEquals(await ali.peer.request("wave", member.id), false);
  await bea.peer.request("enter", { room: "music", name: "Bea" });
  assertEquals(await Array.fromAsync(bea.peer.values("history")), []);
});

Deno.test("a file that is sent to the chat can be loaded, as what it is or as a file", async () => {
  await using chat = await startChat();
  await using ali = await Page.open(chat.address);
  await ali.peer.request("enter", { room: "general", name: "Ali" });
  for (
    const [type, shown, disposition] of [
      ["image/png", "image/png", "inline"],
      ["text/html", "application/octet-stream", "attachment"],
    ] as const
  ) {
    const bytes = new Uint8Array(100_000).fill(7);
    const input = { name: "a ü.bin", type, size: bytes.byteLength };
    const { readable, writable } = ali.peer.stream("upload", { input });
    await Promise.all([
      new Blob([bytes]).stream().pipeTo(writable),
      new Response(readable).text(),
    ]);
    const { file } = await ali.next();
    const response = await fetch(file!.url);
    assertEquals(await response.bytes(), bytes);
    assertEquals(response.headers.get("content-type"), shown);
    const how = response.headers.get("content-disposition");
    assert(how?.startsWith(disposition), `${how}`);
  }
});

Deno.test("the chat refuses what makes no sense", async () => {
  await using chat = await startChat();
  await using ali = await Page.open(chat.address);
  const enter = (place: { room: string; name: string }) =>
    ali.peer.request("enter", place);
  await assertRejects(
    () => ali.peer.request("say", "hello"),
    Error,
    "a room first",
  );
  await assertRejects(
    () => enter({ room: "none", name: "Ali" }),
    Error,
    "no such",
  );
  await assertRejects(
    () => enter({ room: "general", name: "  " }),
    Error,
    "a name",
  );
  await enter({ room: "general", name: "Ali" });
  await assertRejects(() => ali.peer.request("say", " "), Error, "nothing");
});

Deno.test("the chat serves its page and the script for pages, and no other file", async () => {
  await using chat = await startChat();
  for (const path of ["/", "/chat.js", "/chat.css", "/gotalk/gotalk.js"]) {
    const response = await fetch(`${chat.address}${path}`);
    assertEquals(response.status, 200, path);
    assert((await response.text()).length > 1_000, path);
  }
  for (const path of ["/chat.ts", "/page/chat.js", "/files/none", "/..%2f"]) {
    const response = await fetch(`${chat.address}${path}`);
    await response.body?.cancel();
    assertEquals(response.status, 404, path);
  }
});
