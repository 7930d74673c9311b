/**
 * The names of the options of sockets, which are the same in each runtime. The
 * functions that take the options check that none is missing here.
 * Internal to the package.
 *
 * @module
 */

/** Of `connectUnix`. */
export const CONNECT_UNIX_OPTIONS = {
  connectTimeout: 1,
  path: 1,
  signal: 1,
} as const;

/** Of `listenUnix`. */
export const LISTEN_UNIX_OPTIONS = { onRefused: 1, path: 1 } as const;

/** Of `connectTcp`. */
export const CONNECT_TCP_OPTIONS = {
  connectTimeout: 1,
  hostname: 1,
  port: 1,
  signal: 1,
} as const;

/** Of `listenTcp`. */
export const LISTEN_TCP_OPTIONS = {
  hostname: 1,
  onRefused: 1,
  port: 1,
  reusePort: 1,
} as const;

/** Of `connectTls`. */
export const CONNECT_TLS_OPTIONS = {
  ...CONNECT_TCP_OPTIONS,
  alpnProtocols: 1,
  caCerts: 1,
  cert: 1,
  key: 1,
} as const;

/** Of `listenTls`. */
export const LISTEN_TLS_OPTIONS = {
  ...LISTEN_TCP_OPTIONS,
  alpnProtocols: 1,
  cert: 1,
  key: 1,
  tlsEngine: 1,
} as const;
