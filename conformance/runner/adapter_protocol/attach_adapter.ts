/**
 * Adapters that already run and listen on a socket.
 *
 * @module
 */

import { type Channel, WriteUnits } from "@gotalk/gotalk/transport";
import { connectTcp } from "@gotalk/gotalk/transport/tcp";
import { AdapterError, type Implementation } from "../implementation.ts";
import {
  AdapterClient,
  type AdapterOptions,
  type AdapterStreams,
} from "./adapter_client.ts";

/**
 * Connects to an adapter that listens at `tcp://host:port`, for example in a debugger.
 *
 * @throws {AdapterError} If the address is not of that form, or nothing listens there.
 */
export async function attachAdapter(
  url: string,
  options: AdapterOptions = {},
): Promise<Implementation> {
  const address = URL.parse(url);
  if (address?.protocol !== "tcp:" || address.port === "") {
    throw new AdapterError(
      `Cannot attach to an adapter: got address ${
        JSON.stringify(url)
      }, wanted tcp://host:port`,
    );
  }
  let channel: Channel;
  try {
    channel = await connectTcp({
      hostname: address.hostname,
      port: Number(address.port),
    });
  } catch (cause) {
    throw new AdapterError(
      `Cannot attach to an adapter at ${url}: ${
        cause instanceof Error ? cause.message : cause
      }`,
      { cause },
    );
  }
  return new AdapterClient(channelStreams(channel), options);
}

/** Returns the streams of an adapter at the other end of a channel. */
export function channelStreams(channel: Channel): AdapterStreams {
  return {
    readable: channel.readable,
    writable: new WritableStream({
      write(chunk) {
        const units = new WriteUnits();
        units.add(chunk);
        return channel.write(units);
      },
      close: () => channel.closeWrite(),
    }),
    kill: () => channel.abort(),
  };
}
