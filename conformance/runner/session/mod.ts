/**
 * Runs session cases with an implementation and judges them.
 *
 * @module
 */

export {
  featuresOf,
  needsHandle,
  operationsOf,
  whyNotApplicable,
} from "./_requirements.ts";
export * from "./round_trip.ts";
export * from "./run_session.ts";
export { operationsForCommands, whyNoOperations } from "./_operable.ts";
export { disturbingOption } from "./_disturbing.ts";
