/**
 * The listener of TLS, whose certificate can be renewed.
 *
 * @module
 */

import { acceptedChannels, type Channel, type Listener } from "./channel.ts";
import { systemTimers } from "./clock.ts";
import { builtin } from "./node_builtin.ts";

/** A certificate and its private key. */
export interface Certificate {
  /** The certificate and its chain, in PEM. */
  readonly cert: string;
  /** The private key of the certificate, in PEM. */
  readonly key: string;
}

/** The part of `node:tls` that checks a certificate. */
interface TlsModule {
  createSecureContext(certificate: Certificate): unknown;
}

/**
 * Checks a certificate and its key, as listening with them does. An HTTP client
 * needs neither a port nor a permission.
 *
 * @throws {TypeError} If one is missing or no text.
 * @throws {Error} If one is invalid, or they do not match.
 */
export function checkCertificate({ cert, key }: Certificate): void {
  // Without both, the client would need neither.
  for (const [name, value] of Object.entries({ cert, key })) {
    if (typeof value === "string") continue;
    throw new TypeError(
      `Cannot use the certificate: ${name} is ${
        value === undefined ? "missing" : typeof value
      }, wanted text in PEM`,
    );
  }
  if ("Deno" in globalThis) Deno.createHttpClient({ cert, key }).close();
  // Tested with the package for npm.
  // deno-coverage-ignore-start
  else builtin<TlsModule>("node:tls").createSecureContext({ cert, key });
  // deno-coverage-ignore-stop
}

/** How long renewing waits until the port is free again, in ms. */
const REOPEN_TIMEOUT = 5_000;

/** The delay between two attempts to open the port again, in ms. */
const REOPEN_DELAY = 1;

/**
 * Accepts from one listener after the other, on the same address: the runtime
 * can neither change the certificate of a listener, nor, without an unstable
 * flag, listen twice on a port.
 */
export class TlsListener implements Listener {
  readonly address: string;
  /** Opens a listener with a certificate, on this listener's port. */
  readonly #open: (certificate: Certificate) => Listener;
  #current: Listener;
  /** The renewals in progress, one after the other. */
  #renewing: Promise<unknown> | undefined;
  /** The certificate for which the port could not be opened again; accepting tries again. */
  #lost: Certificate | undefined;
  #closed = false;

  constructor(
    first: Listener,
    open: (certificate: Certificate) => Listener,
  ) {
    this.address = first.address;
    this.#current = first;
    this.#open = open;
  }

  async accept(): Promise<Channel | null> {
    for (;;) {
      await this.#renewing?.catch(() => {});
      if (this.#closed) return null;
      const lost = this.#lost;
      if (lost !== undefined) this.#use(lost);
      const channel = await this.#current.accept();
      // Otherwise renewing has closed it.
      if (channel !== null || this.#closed) return channel;
    }
  }

  async renewCertificate(certificate: Certificate): Promise<void> {
    const before = this.#renewing;
    const renewing = (async () => {
      await before?.catch(() => {});
      if (this.#closed) return;
      // Before the port is given up, so that a bad certificate changes nothing.
      checkCertificate(certificate);
      await this.#reopen(certificate);
    })();
    this.#renewing = renewing;
    try {
      await renewing;
    } finally {
      if (this.#renewing === renewing) this.#renewing = undefined;
    }
  }

  async #reopen(certificate: Certificate): Promise<void> {
    this.#current.close();
    this.#lost = certificate;
    const due = Date.now() + REOPEN_TIMEOUT;
    while (!this.#closed) {
      try {
        return this.#use(certificate);
      } catch (error) {
        // The runtime frees the port only once a pending accept has settled.
        const isFree = !(error instanceof Deno.errors.AddrInUse);
        if (isFree || Date.now() > due) throw error;
        const { promise, resolve } = Promise.withResolvers<void>();
        systemTimers.schedule(resolve, REOPEN_DELAY);
        await promise;
      }
    }
  }

  #use(certificate: Certificate): void {
    this.#current = this.#open(certificate);
    this.#lost = undefined;
  }

  close(): void {
    this.#closed = true;
    this.#current.close();
  }

  [Symbol.asyncIterator](): AsyncGenerator<Channel, void, void> {
    return acceptedChannels(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}
