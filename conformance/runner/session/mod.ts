/**
 * Plays session cases with an implementation, and judges what it does.
 *
 * @module
 */

export * from "./round_trip.ts";
export * from "./run_session.ts";
