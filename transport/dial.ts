/**
 * Opening a connection within a time and under a signal.
 *
 * @module
 */

/** Options of everything that connects. */
export interface DialOptions {
  /** Gives up when it is aborted before the connection is open; later it has no effect. */
  readonly signal?: AbortSignal | undefined;
  /** How long opening may take, in milliseconds; 10,000 by default. */
  readonly connectTimeout?: number | undefined;
}

/**
 * Opens a connection, or rejects with the signal's reason, or with an error that names the address.
 *
 * `open` gets a signal that is aborted when the connection is not wanted any more; what it opens in
 * spite of that is closed here.
 */
export async function dial<C extends Disposable>(
  address: string,
  { signal, connectTimeout = 10_000 }: DialOptions,
  open: (signal: AbortSignal) => Promise<C>,
): Promise<C> {
  signal?.throwIfAborted();
  const abandoned = new AbortController();
  const { promise: given, reject } = Promise.withResolvers<never>();
  const onAbort = () => {
    reject(signal?.reason);
    abandoned.abort();
  };
  const timer = setTimeout(() => {
    reject(new Error(cannot(address, `no answer within ${connectTimeout} ms`)));
    abandoned.abort();
  }, connectTimeout);
  signal?.addEventListener("abort", onAbort);
  try {
    return await Promise.race([given, opened(address, open, abandoned.signal)]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

async function opened<C extends Disposable>(
  address: string,
  open: (signal: AbortSignal) => Promise<C>,
  abandoned: AbortSignal,
): Promise<C> {
  let conn: C;
  try {
    conn = await open(abandoned);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(cannot(address, why), { cause });
  }
  if (abandoned.aborted) conn[Symbol.dispose]();
  return conn;
}

function cannot(address: string, why: string): string {
  return `Cannot connect to ${address}: ${why}`;
}
