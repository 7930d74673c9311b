/**
 * The listener whose channels require a handshake, for other handshakes than
 * that of a WebSocket.
 *
 * @module
 */

export { HandshakeListener } from "./_handshake_listener.ts";
