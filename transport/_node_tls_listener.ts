/**
 * A listener whose channels use `node:tls`.
 *
 * @module
 */

import { attempt } from "../quoting/attempt.ts";
import { acceptedChannels, type Channel, type Listener } from "./channel.ts";
import { type Certificate, checkCertificate } from "./_tls_listener.ts";

/** Accepts TCP channels, and makes each the server side of TLS. */
export class NodeTlsListener implements Listener {
  readonly address: string;
  readonly #below: Listener;
  readonly #alpnProtocols: readonly string[] | undefined;
  #certificate: Certificate;
  /** Makes a channel; `undefined` until the first one, which loads Node's modules. */
  #secure: ((below: Channel) => Channel) | undefined;

  /** A listener on a TCP listener, with a certificate that has been checked. */
  constructor(
    below: Listener,
    certificate: Certificate,
    alpnProtocols: readonly string[] | undefined,
  ) {
    this.address = below.address.replace("tcp:", "tls:");
    this.#below = below;
    this.#certificate = certificate;
    this.#alpnProtocols = alpnProtocols;
  }

  async accept(): Promise<Channel | null> {
    const below = await this.#below.accept();
    if (below === null) return null;
    try {
      const secure = this.#secure ?? await this.#load();
      return secure(below);
    } catch (error) {
      below.abort(error);
      throw error;
    }
  }

  renewCertificate(certificate: Certificate): Promise<void> {
    return attempt(() => {
      checkCertificate(certificate);
      this.#certificate = certificate;
      this.#secure = undefined;
    });
  }

  close(): void {
    this.#below.close();
  }

  [Symbol.asyncIterator](): AsyncGenerator<Channel, void, void> {
    return acceptedChannels(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  async #load(): Promise<(below: Channel) => Channel> {
    const { nodeTlsChannel, secureContext } = await import("./_node_tls.ts");
    const context = secureContext(this.#certificate);
    // At once: after another turn the certificate may be another one.
    return this.#secure = (below) =>
      nodeTlsChannel(below, context, this.#alpnProtocols);
  }
}
