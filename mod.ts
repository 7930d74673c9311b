/**
 * Gotalk for Deno: bidirectional, concurrent, readable messages between programs.
 *
 * @module
 */

export * from "./codec/mod.ts";
