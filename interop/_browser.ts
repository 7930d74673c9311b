/**
 * Headless Chromium, whose pages a test controls by the DevTools protocol.
 *
 * @module
 */

import { CHROMIUM, CHROMIUM_FLAGS } from "./_chromium.ts";

/** The maximum time that Chromium may take to start, to answer or to exit, in milliseconds. */
const TIMEOUT = 60_000;

/** A message of the DevTools protocol. */
interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** A running browser. */
export class Browser implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #socket: WebSocket;
  readonly #profile: string;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #ids = 0;

  private constructor(
    process: Deno.ChildProcess,
    socket: WebSocket,
    profile: string,
  ) {
    this.#process = process;
    this.#socket = socket;
    this.#profile = profile;
    socket.onmessage = ({ data }) => this.#received(JSON.parse(data));
    socket.onclose = () => {
      for (const { reject } of this.#waiting.values()) {
        reject(new Error("Chromium has exited"));
      }
    };
  }

  /** Starts Chromium. */
  static async start(): Promise<Browser> {
    const profile = await Deno.makeTempDir({ prefix: "gotalk-browser-" });
    const process = new Deno.Command(CHROMIUM ?? "chromium", {
      args: [
        ...CHROMIUM_FLAGS,
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
        "about:blank",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    void findAddress(process.stderr, resolve);
    const late = () => reject(new Error("Chromium did not start in time"));
    const timer = setTimeout(late, TIMEOUT);
    const address = await promise.finally(() => clearTimeout(timer));
    const socket = new WebSocket(address);
    await new Promise((resolve) => socket.onopen = resolve);
    return new Browser(process, socket, profile);
  }

  /** Opens a page, and waits until it has loaded. */
  async open(url: string): Promise<Page> {
    const { targetId } = await this.send("Target.createTarget", {
      url: "about:blank",
    });
    const { sessionId } = await this.send("Target.attachToTarget", {
      targetId,
      flatten: true,
    });
    const page = new Page(this, `${targetId}`, `${sessionId}`);
    await page.navigate(url);
    return page;
  }

  /** Returns the memory of all processes that render pages, in bytes. */
  async rendererBytes(): Promise<number> {
    let bytes = 0;
    for await (const { name } of Deno.readDir("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      try {
        const command = await Deno.readTextFile(`/proc/${name}/cmdline`);
        const isOurs = command.includes(this.#profile) ||
          await isChildOf(name, this.#process.pid);
        if (!isOurs || !command.includes("--type=renderer")) continue;
        const status = await Deno.readTextFile(`/proc/${name}/status`);
        bytes += Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
      } catch {
        // It has ended.
      }
    }
    return bytes;
  }

  /** Sends a command of the DevTools protocol, and returns the result. */
  async send(
    method: string,
    params: object = {},
    sessionId?: string,
  ): Promise<Record<string, unknown>> {
    const id = ++this.#ids;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    return await answer.promise as Record<string, unknown>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), TIMEOUT);
    this.#process.kill("SIGTERM");
    await this.#process.status;
    clearTimeout(timer);
    if (this.#socket.readyState !== WebSocket.CLOSED) {
      await new Promise((resolve) => {
        this.#socket.addEventListener("close", resolve);
        this.#socket.close();
      });
    }
    await Deno.remove(this.#profile, { recursive: true });
  }

  #received({ id, result, error }: Message): void {
    const waiting = this.#waiting.get(id ?? 0);
    if (waiting === undefined) return;
    this.#waiting.delete(id!);
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(new Error(error.message));
  }
}

/** One page. */
export class Page implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #target: string;
  readonly #session: string;

  constructor(browser: Browser, target: string, session: string) {
    this.#browser = browser;
    this.#target = target;
    this.#session = session;
  }

  /** Opens another address, and waits until it has loaded. */
  async navigate(url: string): Promise<void> {
    await this.send("Page.navigate", { url });
    await this.evaluate(
      `new Promise((done) => document.readyState === "complete"
        ? done() : addEventListener("load", done))`,
    );
  }

  /** Evaluates an expression in the page, and returns what its promise resolves to. Rejects if it throws. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    }) as {
      readonly result: { readonly value: unknown };
      readonly exceptionDetails?: {
        readonly exception?: { readonly description?: string };
      };
    };
    if (exceptionDetails === undefined) return result.value;
    throw new Error(exceptionDetails.exception?.description ?? "it threw");
  }

  /** Disconnects the page from the network, or connects it again, as it notices it. */
  async setOffline(offline: boolean): Promise<void> {
    await this.send("Network.enable", {});
    await this.send("Network.emulateNetworkConditions", {
      offline,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  }

  /** Frees what the page does not use. */
  async collectGarbage(): Promise<void> {
    await this.send("HeapProfiler.collectGarbage", {});
  }

  /** Sends a command of the DevTools protocol for this page. */
  send(method: string, params: object): Promise<Record<string, unknown>> {
    return this.#browser.send(method, params, this.#session);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const targetId = this.#target;
    await this.#browser.send("Target.closeTarget", { targetId });
  }
}

/** Finds the address of the DevTools in what Chromium prints, and reads on. */
async function findAddress(
  output: ReadableStream<Uint8Array>,
  found: (address: string) => void,
): Promise<void> {
  let text = "";
  for await (const part of output.pipeThrough(new TextDecoderStream())) {
    text = `${text}${part}`.slice(-10_000);
    const [, address] = /listening on (ws:\S+)/.exec(text) ?? [];
    if (address !== undefined) found(address);
  }
}

/** Returns whether a process was started by another, or by one that it started. */
async function isChildOf(pid: string, ancestor: number): Promise<boolean> {
  for (let each = pid; Number(each) > 1;) {
    if (Number(each) === ancestor) return true;
    const stat = await Deno.readTextFile(`/proc/${each}/stat`);
    each = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]!;
  }
  return false;
}
