import { assertEquals, assertThrows } from "@std/assert";
import { onSharedAbort } from "./shared_abort.ts";

/** A signal that counts its listeners. */
function countedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  Object.assign(signal, {
    addEventListener(...args: Parameters<typeof addEventListener>) {
      listeners.add(args[1]);
      addEventListener.apply(signal, args);
    },
    removeEventListener(...args: Parameters<typeof removeEventListener>) {
      listeners.delete(args[1]);
      removeEventListener.apply(signal, args);
    },
  });
  return { controller, signal, listeners };
}

Deno.test("any number of callbacks add one listener to a signal, which the last one removes", () => {
  const { controller, signal, listeners } = countedSignal();
  const seen: unknown[] = [];
  const add = (name: string) =>
    onSharedAbort(signal, (reason) => seen.push([name, reason]));
  const [removeA, removeB] = [add("a"), add("b")];
  assertEquals(listeners.size, 1);
  removeA();
  removeA(); // Removes nothing else.
  assertEquals(listeners.size, 1);
  removeB();
  assertEquals(listeners.size, 0);
  add("c");
  removeB();
  assertEquals(listeners.size, 1);
  add("d");
  controller.abort("why");
  assertEquals(seen, [["c", "why"], ["d", "why"]]);
});

Deno.test("a callback that another one removes while the signal aborts does not run", () => {
  const controller = new AbortController();
  const seen: string[] = [];
  onSharedAbort(controller.signal, () => {
    removeSecond();
    onSharedAbort(controller.signal, () => seen.push("added meanwhile"));
  });
  const removeSecond = onSharedAbort(
    controller.signal,
    () => seen.push("second"),
  );
  onSharedAbort(controller.signal, () => seen.push("third"));
  controller.abort();
  assertEquals(seen, ["added meanwhile", "third"]);
});

Deno.test("a callback of a signal that has aborted runs at once, and throws to the caller", () => {
  assertThrows(
    () =>
      onSharedAbort(AbortSignal.abort(), () => {
        throw new RangeError("fails");
      }),
    RangeError,
  );
  onSharedAbort(undefined, () => {
    throw new Error("there is no signal");
  })();
});

Deno.test("a signal gets no property", () => {
  const { signal } = new AbortController();
  signal.addEventListener("abort", () => {}); // The runtime adds one of its own.
  const before = Reflect.ownKeys(signal);
  onSharedAbort(signal, () => {})();
  assertEquals(Reflect.ownKeys(signal), before);
});

Deno.test("a callback that throws keeps none behind it from running, and its error is reported", () => {
  const controller = new AbortController();
  const seen: string[] = [];
  const add = (name: string) =>
    onSharedAbort(controller.signal, () => {
      seen.push(name);
      throw new RangeError(name);
    });
  add("first");
  add("second");
  const reported: unknown[] = [];
  const report = (event: ErrorEvent) => {
    event.preventDefault();
    reported.push(event.error.message);
  };
  addEventListener("error", report);
  controller.abort();
  removeEventListener("error", report);
  assertEquals(seen, ["first", "second"]);
  assertEquals(reported, ["first"]);
});
