/**
 * A WebSocket of the runtime for tests.
 *
 * @module
 */

/** As much of a WebSocket as a channel uses, under the test's control. */
export class FakeSocket extends EventTarget {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  readonly url = "";
  readonly extensions = "";
  readonly protocol = "";
  readonly onopen = null;
  readonly onmessage = null;
  readonly onclose = null;
  readonly onerror = null;
  binaryType: BinaryType = "blob";
  readyState = 1;
  /** The sizes of the messages that were sent. */
  readonly sent: number[] = [];
  closedWith:
    | [code: number | undefined, reason: string | undefined]
    | undefined;
  #buffered = 0;
  #asked = 0;
  #onAsked: (() => void) | undefined;

  get bufferedAmount(): number {
    this.#asked++;
    this.#onAsked?.();
    return this.#buffered;
  }

  set bufferedAmount(bytes: number) {
    this.#buffered = bytes;
    this.#asked = 0;
  }

  /** Waits until the channel has asked so often for what is buffered. */
  async asked(times: number): Promise<void> {
    while (this.#asked < times) {
      await new Promise<void>((resolve) => this.#onAsked = resolve);
    }
  }

  /** Lets a message of the remote side arrive. */
  receive(data: Uint8Array<ArrayBuffer> | string): void {
    const message = typeof data === "string" ? data : data.slice().buffer;
    this.dispatchEvent(new MessageEvent("message", { data: message }));
  }

  send(data: Uint8Array): void {
    this.sent.push(data.byteLength);
  }

  close(code?: number, reason?: string): void {
    this.closedWith = [code, reason];
    this.readyState = this.CLOSED;
    this.dispatchEvent(
      new CloseEvent("close", {
        wasClean: true,
        ...(code === undefined ? {} : { code }),
        ...(reason === undefined ? {} : { reason }),
      }),
    );
  }
}
