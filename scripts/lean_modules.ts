/**
 * The modules of the script for pages that are shorter than others.
 *
 * @module
 */

/**
 * Modules that a page can do with less of, and the shorter ones that the script
 * has instead: without what only servers need, and with shorter errors.
 */
export const LEAN_MODULES: ReadonlyMap<string, string> = new Map([
  ["codec/payload.ts", "page/lean/payload.ts"],
  ["page/option_names.ts", "page/lean/page_option_names.ts"],
  ["peer/checked_function.ts", "page/lean/checked_function.ts"],
  ["peer/context.ts", "page/lean/context.ts"],
  ["peer/drain_options.ts", "page/lean/drain_options.ts"],
  ["peer/handlers.ts", "page/lean/handlers.ts"],
  [
    "peer/operation_error_options.ts",
    "page/lean/operation_error_options.ts",
  ],
  ["peer/operation_form.ts", "page/lean/operation_form.ts"],
  ["peer/reconnecting/final_failure.ts", "page/lean/final_failure.ts"],
  ["peer/requestor/result_errors.ts", "page/lean/result_errors.ts"],
  ["peer/values.ts", "page/lean/values.ts"],
  ["quoting/byte_source.ts", "page/lean/byte_source.ts"],
  ["quoting/option_names.ts", "page/lean/option_names.ts"],
  ["quoting/quote.ts", "page/lean/quote.ts"],
  ["quoting/value.ts", "page/lean/value.ts"],
  ["transport/wait_options.ts", "page/lean/wait_options.ts"],
  [
    "transport/websocket/web_socket_close_error.ts",
    "page/lean/web_socket_close_error.ts",
  ],
]);
