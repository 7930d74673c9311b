import { assertThrows } from "@std/assert";
import { checkAcceptOptions } from "./_accept_options.ts";
import { isOriginAccepted } from "./_origin.ts";
import { isHostListed } from "./_hosts.ts";
import { assert } from "@std/assert";

/** Invalid options, and what the error says. */
const INVALID: [options: Record<string, unknown>, message: string][] = [
  [{ proxyHeaders: "x-forwarded-for" }, 'proxyHeaders: got "x-forwarded-for"'],
  [{ proxyHeaders: "toString" }, 'proxyHeaders: got "toString"'],
  [{ proxyHeaders: null }, "proxyHeaders: got null, wanted "],
  [{ proxyHeaders: ["forwarded"] }, "proxyHeaders: got an array"],
  [{ hosts: "example.com" }, 'hosts: got "example.com", wanted "*", or a list'],
  [{ hosts: null }, "hosts: got null"],
  [{ hosts: [""] }, 'hosts[0]: got ""'],
  [{ hosts: ["."] }, 'hosts[0]: got "."'],
  [{ hosts: ["a", "..b"] }, 'hosts[1]: got "..b"'],
  [{ hosts: ["https://a.example"] }, 'hosts[0]: got "https://a.example"'],
  [{ hosts: ["a.example/"] }, 'hosts[0]: got "a.example/"'],
  [{ hosts: ["*.a.example"] }, 'got "*.a.example", wanted a name such as'],
  [{ hosts: ["a b"] }, 'hosts[0]: got "a b"'],
  [{ hosts: ["a.example:99999"] }, 'hosts[0]: got "a.example:99999"'],
  [{ hosts: ["*"] }, 'hosts[0]: got "*"'],
  [{ hosts: [/a/] }, "hosts[0]: got a RegExp, wanted a string"],
  [{ origins: "https://a.example" }, 'origins: got "https://a.example"'],
  [{ origins: null }, "origins: got null"],
  [{ origins: true }, "origins: got true"],
  [{ origins: ["a.example"] }, "wanted an origin such as"],
  [{ origins: ["https://a.example/"] }, 'wanted "https://a.example"'],
  [{ origins: ["https://a.example/chat"] }, 'wanted "https://a.example"'],
  [{ origins: ["https://a.example:443"] }, 'wanted "https://a.example"'],
  [{ origins: ["HTTPS://A.example"] }, 'wanted "https://a.example"'],
  [{ origins: ["https://bücher.example"] }, 'wanted "https://xn--bcher-kva'],
  [{ origins: ["tauri://localhost/"] }, 'wanted "tauri://localhost"'],
  [{ origins: ["null"] }, 'origins[0]: got "null"'],
  [{ origins: ["data:x"] }, 'origins[0]: got "data:x"'],
  [{ origins: ["*"] }, 'origins[0]: got "*"'],
  [{ origins: ["https://*.example"] }, 'origins[0]: got "https://*.example"'],
  [{ origins: ["https://a.example", /a/] }, "origins[1]: got a RegExp"],
  [{ trustedProxies: "10.0.0.1" }, 'trustedProxies: got "10.0.0.1", wanted'],
  [{ trustedProxies: null }, "trustedProxies: got null"],
  [{ trustedProxies: ["localhost"] }, 'trustedProxies[0]: got "localhost"'],
  [{ trustedProxies: ["::1", 5] }, "trustedProxies[1]: got 5"],
  [{ trustedProxies: ["10.0.0.0/33"] }, 'got "10.0.0.0/33"'],
  [{ protocols: "gotalk" }, 'protocols: got "gotalk", wanted a list'],
  [{ protocols: [5] }, "protocols[0]: got 5"],
  [{ protocols: ["a b"] }, 'protocols: got "a b", wanted a list of tokens'],
  [{ protocols: ["a", "a"] }, 'protocols: got "a, a"'],
];

Deno.test("options by which requests are accepted are refused if they are invalid, with what was given and what is wanted", () => {
  for (const [options, message] of INVALID) {
    assertThrows(() => checkAcceptOptions(options), TypeError, message);
  }
});

Deno.test("options by which requests are accepted may be anything that a request can match", () => {
  const origins = [
    "https://a.example",
    "http://localhost:8080",
    "http://[::1]:8080",
    "https://xn--bcher-kva.example",
    "chrome-extension://abcdefgh",
    "tauri://localhost",
  ];
  const hosts: [item: string, url: string][] = [
    ["a.example", "http://a.example:8080"],
    ["a.example:443", "http://a.example"],
    [".a.example", "http://b.a.example"],
    ["Bücher.example", "http://xn--bcher-kva.example"],
    ["a_b", "http://a_b"],
    ["[2001:db8::1]", "http://[2001:db8::1]"],
  ];
  checkAcceptOptions({ origins, hosts: hosts.map(([item]) => item) });
  for (const origin of origins) {
    const request = new Request("http://h", { headers: { origin } });
    assert(isOriginAccepted(request, origins));
  }
  for (const [item, url] of hosts) assert(isHostListed(new URL(url), [item]));
  for (
    const options of [
      {},
      { origins: "same", hosts: "*", proxyHeaders: "none" },
      { origins: "*", hosts: [], proxyHeaders: "forwarded" },
      { origins: () => true, trustedProxies: ["::1", "10.0.0.0/8", "unix"] },
      { origins: [], trustedProxies: [], protocols: [] },
      { protocols: ["gotalk", "other"] },
    ] as const
  ) {
    checkAcceptOptions(options);
  }
});
