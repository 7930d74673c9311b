/**
 * One contract for both peers: the compiler checks handlers and calls, and
 * validators check the values that arrive.
 *
 * Any library that implements Standard Schema can provide the validators, such
 * as Zod, Valibot or ArkType. This example writes them by hand, to show how
 * small the interface is.
 *
 * Run it with `deno run --allow-net=127.0.0.1 examples/typed_contract.ts`.
 *
 * @module
 */

import {
  connect,
  type Contract,
  Handlers,
  isOperationError,
  isValidationError,
  serve,
} from "@gotalk/gotalk";
import type { Schema } from "@gotalk/gotalk/peer";

interface Loan {
  title: string;
  days: number;
}

/** The operations and notifications that the library supports. */
interface Library extends Contract {
  operations: {
    lend(loan: Loan): { due: string };
  };
  notifications: {
    returned: { title: string };
  };
}

const loan: Schema<unknown, Loan> = schema((value) => {
  const { title, days } = (value ?? {}) as Partial<Loan>;
  if (typeof title !== "string") return issue("wanted a title", "title");
  if (typeof days !== "number" || days < 1) {
    return issue("wanted 1 day or more", "days");
  }
  return { value: { title, days } };
});

const due: Schema<unknown, { due: string }> = schema((value) => {
  const { due } = (value ?? {}) as { due?: unknown };
  if (typeof due !== "string" || Number.isNaN(Date.parse(due))) {
    return issue("wanted a date", "due");
  }
  return { value: { due } };
});

/** Makes a validator from a function. */
function schema<T>(
  validate: Schema<unknown, T>["~standard"]["validate"],
): Schema<unknown, T> {
  return { "~standard": { version: 1, vendor: "examples", validate } };
}

function issue(message: string, key: string) {
  return { issues: [{ message, path: [key] }] };
}

/**
 * Lends books over a connection, with valid and invalid input, and prints the
 * outcomes.
 */
export async function lendBooks(print: (line: string) => void): Promise<void> {
  const returned = Promise.withResolvers<void>();
  const handlers = new Handlers<Library>()
    .handle("lend", ({ title, days }) => {
      if (title === "Lost") return { due: "never" };
      return { due: new Date(Date.UTC(2024, 0, 1 + days)).toISOString() };
    }, { input: loan })
    .onNotification("returned", ({ title }) => {
      print(`returned: ${title}`);
      returned.resolve();
    });
  await using server = await serve({}, handlers);
  await using library = await connect<Library>(server.address);

  const answer = await library.request("lend", { title: "Emil", days: 14 });
  print(`due: ${answer.due}`);
  await library.notify("returned", { title: "Emil" });
  await returned.promise;

  // The compiler rejects both calls: "days" is missing, and "sell" is not in
  // the contract.
  // @ts-expect-error A loan has days.
  await library.request("lend", { title: "Emil" }).catch((error) => {
    if (isOperationError(error)) print(error.message);
  });
  // @ts-expect-error The contract has no such operation.
  await library.request("sell", { title: "Emil" }).catch((error) => {
    if (isOperationError(error)) print(error.message);
  });

  // A validator for the output detects a server that breaks the contract.
  const wrong = library.request("lend", { title: "Lost", days: 1 }, {
    output: due,
  });
  await wrong.catch((error) => {
    if (isValidationError(error)) print(error.message);
  });
}

if (import.meta.main) await lendBooks(console.log);
