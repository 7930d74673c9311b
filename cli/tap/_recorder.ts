/**
 * Recordings of the bytes that pass through a tap.
 *
 * @module
 */

import {
  CaptureWriter,
  type WrittenEndpoint,
} from "../capture/capture_writer.ts";

/** Which peer sends: `>` the one that connected, `<` the other. */
type Direction = ">" | "<";

/** The ends of a connection, as URLs if they have one. */
export interface Ends {
  readonly near: string | undefined;
  readonly target: URL;
}

/** Records one connection. Disposing of it ends the recording. */
export interface ConnectionRecorder extends Disposable {
  /** Records bytes that one peer sends. */
  push(by: Direction, bytes: Uint8Array): void;
}

/** Records connections. */
export interface Recorder extends Disposable {
  /** Begins with a connection. */
  connection(number: number, ends: Ends): ConnectionRecorder;
}

/**
 * Opens a recorder: a capture of all connections with their times for a path
 * that ends in `.pcap`, and two files of bytes for each connection otherwise.
 */
export function openRecorder(path: string): Recorder {
  return path.endsWith(".pcap") ? captureAt(path) : filesAt(path);
}

function filesAt(path: string): Recorder {
  return {
    connection(number) {
      const create = (name: string) =>
        Deno.createSync(`${path}${number}.${name}`);
      const sent = create("sent"), received = create("received");
      return {
        push: (by, bytes) => writeAll(by === ">" ? sent : received, bytes),
        [Symbol.dispose]() {
          sent.close();
          received.close();
        },
      };
    },
    [Symbol.dispose]() {/* Each connection has its own files. */},
  };
}

function captureAt(path: string): Recorder {
  const file = Deno.createSync(path);
  let isOpen = true;
  const writer = new CaptureWriter((bytes) => {
    if (isOpen) writeAll(file, bytes);
  });
  return {
    connection(number, { near, target }) {
      const connection = writer.open(
        endpointOf(
          near === undefined ? null : URL.parse(near),
          40_000 + number,
        ),
        endpointOf(target, 1),
        Date.now(),
      );
      return {
        push: (by, bytes) => connection.send(by, bytes, Date.now()),
        [Symbol.dispose]() {
          connection.end(">", Date.now());
          connection.end("<", Date.now());
        },
      };
    },
    [Symbol.dispose]() {
      isOpen = false;
      file.close();
    },
  };
}

/** Returns the endpoint of a URL; where it has no address in numbers, one of the loopback network. */
function endpointOf(url: URL | null, otherwise: number): WrittenEndpoint {
  const numbers = url?.hostname.match(/^(\d+)\.(\d+)\.(\d+)\.(\d+)$/)?.slice(1);
  return {
    address: Uint8Array.from(numbers ?? [127, 0, 0, 1], Number),
    port: Number(url?.port) || otherwise,
  };
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0;) {
    rest = rest.subarray(file.writeSync(rest));
  }
}
