import { assert, assertEquals } from "@std/assert";
import { isLimitError, LimitError } from "./limit_error.ts";
import { LimitError as OtherLimitError } from "./limit_error.ts?copy";
import { isProtocolError, ProtocolError } from "./protocol_error.ts";
import { ProtocolError as OtherProtocolError } from "./protocol_error.ts?copy";
import { isValidationError, ValidationError } from "./validation_error.ts";
import { ValidationError as OtherValidationError } from "./validation_error.ts?copy";

/** Each class, the same class of another copy of the module, and the guard for both. */
const CLASSES = [
  {
    name: "LimitError",
    guard: isLimitError,
    own: new LimitError("own", { code: "id" }),
    other: new OtherLimitError("other", { code: "id" }),
    Own: LimitError,
  },
  {
    name: "ProtocolError",
    guard: isProtocolError,
    own: new ProtocolError("own", { code: 2, reason: "bad-hex" }),
    other: new OtherProtocolError("other", { code: 2, reason: "bad-hex" }),
    Own: ProtocolError,
  },
  {
    name: "ValidationError",
    guard: isValidationError,
    own: new ValidationError("own", { code: "json", side: "local" }),
    other: new OtherValidationError("other", { code: "json", side: "local" }),
    Own: ValidationError,
  },
];

for (const { name, guard, own, other, Own } of CLASSES) {
  Deno.test(`the guard of ${name} accepts an error of another copy of the module`, () => {
    assert(own instanceof Own && own instanceof Error);
    assert(!(other instanceof Own));
    assert(guard(own) && guard(other));
    assert(
      guard(new class extends Own {}("x", { code: "", side: "" } as never)),
    );
  });

  Deno.test(`the guard of ${name} accepts nothing else`, () => {
    for (const value of [undefined, null, "", 0, {}, [], new Error(name)]) {
      assertEquals(guard(value), false);
    }
    assertEquals(guard({ name, [Symbol.for(`gotalk.${name}`)]: true }), false);
    for (const others of CLASSES) {
      assertEquals(guard(others.own), others.name === name);
    }
  });

  Deno.test(`a ${name} has its name on the prototype, not as an own property`, () => {
    assertEquals(own.name, name);
    assertEquals(String(own), `${name}: own`);
    assertEquals(Object.keys(own).includes("name"), false);
  });
}

Deno.test("errors keep their cause and properties", () => {
  const cause = new TypeError("why");
  const limit = new LimitError("x", { code: "maxSkippedBytes", cause });
  assertEquals([limit.code, limit.cause], ["maxSkippedBytes", cause]);

  const protocol = new ProtocolError("x", {
    code: 77,
    reason: "reported",
    offset: 5,
    side: "remote",
    cause,
  });
  assertEquals(
    [protocol.code, protocol.reason, protocol.offset, protocol.side],
    [77, "reported", 5, "remote"],
  );
  assertEquals(protocol.cause, cause);

  const issues = [{ message: "wrong", path: ["a", 0] }];
  const validation = new ValidationError("x", {
    code: "schema",
    side: "remote",
    offset: 3,
    issues,
    cause,
  });
  assertEquals(
    [validation.code, validation.side, validation.offset, validation.cause],
    ["schema", "remote", 3, cause],
  );
  assertEquals(validation.issues, issues);
});

Deno.test("errors have defaults for optional properties", () => {
  const protocol = new ProtocolError("x", { code: 3, reason: "timeout" });
  assertEquals([protocol.side, protocol.offset, protocol.cause], [
    "local",
    undefined,
    undefined,
  ]);
  const validation = new ValidationError("x", { code: "utf8", side: "local" });
  assertEquals(validation.issues, [{ message: "x" }]);
});
