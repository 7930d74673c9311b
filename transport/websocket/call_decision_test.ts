import { assertEquals, assertThrows } from "@std/assert";
import { checkCallOptions, decideCall } from "./call_decision.ts";

function decide(headers: Record<string, string>) {
  const url = "https://gotalk.example/greet";
  const request = new Request(url, { method: "POST", headers, body: "1" });
  return decideCall(request, undefined, {});
}

Deno.test("a call is decided by its origin, and keeps what is known of its caller", () => {
  const { refusal, info, request } = decide({ "x-user": "ali" });
  assertEquals(refusal, undefined);
  assertEquals([info.transport, info.secure], ["http", true]);
  assertEquals([request.method, info.request?.body], ["POST", null]);
  assertEquals(info.request?.headers.get("x-user"), "ali");
  assertEquals(
    decide({ origin: "https://gotalk.example" }).refusal,
    undefined,
  );
  const foreign = decide({ origin: "https://other.example" }).refusal;
  assertEquals(foreign?.status, 403);
});

Deno.test("options of calls are checked before there is a request", () => {
  checkCallOptions({});
  assertThrows(
    () => checkCallOptions({ trustedProxies: ["localhost"] }),
    TypeError,
  );
});
