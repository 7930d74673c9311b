/**
 * One contract for both sides: the compiler checks who calls, and validators check what really comes.
 *
 * Any library with Standard Schema does for the validators: Zod, Valibot, ArkType. Here they are made by
 * hand, to show that there is no more to it.
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

/** What the library offers. */
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

/** A validator that is one function. */
function schema<T>(
  validate: Schema<unknown, T>["~standard"]["validate"],
): Schema<unknown, T> {
  return { "~standard": { version: 1, vendor: "examples", validate } };
}

function issue(message: string, key: string) {
  return { issues: [{ message, path: [key] }] };
}

/** Lends books over a connection, in order and out of order, and prints what becomes of it. */
export async function lendBooks(print: (line: string) => void): Promise<void> {
  const returned = Promise.withResolvers<void>();
  const handlers = new Handlers()
    .handle("lend", ({ title, days }) => {
      if (title === "Lost") return { due: "never" };
      return { due: new Date(Date.UTC(2024, 0, 1 + days)).toISOString() };
    }, { input: loan })
    .onNotification("returned", ({ title }: { title: string }) => {
      print(`returned: ${title}`);
      returned.resolve();
    });
  await using server = await serve({}, handlers);
  await using library = await connect<Library>(server.address);

  const answer = await library.request("lend", { title: "Emil", days: 14 });
  print(`due: ${answer.due}`);
  await library.notify("returned", { title: "Emil" });
  await returned.promise;

  // The compiler lets none of these through: "days" is missing, and there is no such operation.
  // @ts-expect-error a loan has days
  await library.request("lend", { title: "Emil" }).catch((error) => {
    if (isOperationError(error)) print(error.message);
  });
  // @ts-expect-error nobody sells books here
  await library.request("sell", { title: "Emil" }).catch((error) => {
    if (isOperationError(error)) print(error.message);
  });

  // A server that does not keep its word is found out, if one looks.
  const wrong = library.request("lend", { title: "Lost", days: 1 }, {
    output: due,
  });
  await wrong.catch((error) => {
    if (isValidationError(error)) print(error.message);
  });
}

if (import.meta.main) await lendBooks(console.log);
