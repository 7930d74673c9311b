import { assertEquals, assertLess } from "@std/assert";
import { beforeProxies, type ProxyOptions } from "./_forwarded.ts";

/** What is known of a client, from the headers of its request. */
function seen(
  headers: Record<string, string>,
  options: ProxyOptions = { trustedProxies: ["10.0.0.0/8"] },
  { remote, url }: { remote?: string; url?: string } = {},
): { url: string; host: string | null; remote?: string; secure: boolean } {
  const request = new Request(url ?? "http://inner:8080/p//a?q=%20", {
    headers: { host: "inner:8080", ...headers },
  });
  const before = beforeProxies(
    { request, remote: remote ?? "tcp://10.0.0.1:50000", secure: false },
    options,
  );
  return {
    url: before.request.url,
    host: before.request.headers.get("host"),
    remote: before.remote!,
    secure: before.secure,
  };
}

const AS_IT_CAME = {
  url: "http://inner:8080/p//a?q=%20",
  host: "inner:8080",
  remote: "tcp://10.0.0.1:50000",
  secure: false,
};

const X_FORWARDED = {
  "x-forwarded-for": "192.0.2.1",
  "x-forwarded-proto": "https",
  "x-forwarded-host": "a.example",
};
const FORWARDED = {
  "forwarded": 'for="192.0.2.1:99";proto=https;host=a.example',
};

Deno.test("headers of a trusted proxy replace what is known of the client", () => {
  assertEquals(seen(X_FORWARDED), {
    url: "https://a.example/p//a?q=%20",
    host: "a.example",
    remote: "tcp://192.0.2.1",
    secure: true,
  });
  assertEquals(
    seen(FORWARDED, {
      trustedProxies: ["10.0.0.1"],
      proxyHeaders: "forwarded",
    }),
    {
      url: "https://a.example/p//a?q=%20",
      host: "a.example",
      remote: "tcp://192.0.2.1:99",
      secure: true,
    },
  );
  const unix = { url: "http+unix://A.example:80/x", remote: "unix:" };
  assertEquals(
    seen(X_FORWARDED, { trustedProxies: ["unix"] }, unix).url,
    "https://a.example/x",
  );
});

Deno.test("headers of anybody else are ignored", () => {
  for (
    const [headers, options, connection] of [
      [X_FORWARDED, {}, {}],
      [X_FORWARDED, { trustedProxies: [] }, {}],
      [X_FORWARDED, { trustedProxies: ["10.0.0.2"] }, {}],
      [X_FORWARDED, { trustedProxies: ["10.0.0.1"], proxyHeaders: "none" }, {}],
      // The other kind, which a client may have sent.
      [
        X_FORWARDED,
        { trustedProxies: ["10.0.0.1"], proxyHeaders: "forwarded" },
        {},
      ],
      [FORWARDED, { trustedProxies: ["10.0.0.1"] }, {}],
    ] as const
  ) {
    assertEquals(seen(headers, options, connection), AS_IT_CAME);
  }
  const unix = { remote: "unix:" };
  assertEquals(seen(X_FORWARDED, undefined, unix).remote, "unix:");
});

Deno.test("of a chain of proxies, the last client that no trusted proxy is counts", () => {
  for (
    const [addresses, remote] of [
      ["192.0.2.1", "tcp://192.0.2.1"],
      ["6.6.6.6, 192.0.2.1", "tcp://192.0.2.1"],
      ["6.6.6.6, 192.0.2.1, 10.0.0.7", "tcp://192.0.2.1"],
      ["10.0.0.9,10.0.0.8", "tcp://10.0.0.9"],
      ["192.0.2.1:80", "tcp://192.0.2.1:80"],
      ["2001:db8::1", "tcp://[2001:db8::1]"],
      ["[2001:db8::1]:80", "tcp://[2001:db8::1]:80"],
      ["[2001:db8::1]", "tcp://[2001:db8::1]"],
      // The proxy does not say.
      ["", "tcp://10.0.0.1:50000"],
      // The proxy hides it: it is not the proxy itself.
      ["unknown", undefined],
      ["6.6.6.6, unknown", undefined],
      ["6.6.6.6, _hidden, 10.0.0.7", undefined],
      ["1.2.3.4:x", undefined],
      ["1.2.3.4:123456", undefined],
      ["localhost", undefined],
      ["[::1", undefined],
    ]
  ) {
    assertEquals(
      seen({ "x-forwarded-for": addresses! }).remote,
      remote,
      addresses,
    );
    const forwarded = addresses!.split(",").map((address) =>
      `by=x; FOR="${address.trim()}"`
    ).join(", ");
    const options = {
      trustedProxies: ["10.0.0.0/8"],
      proxyHeaders: "forwarded",
    } as const;
    assertEquals(seen({ forwarded }, options).remote, remote, forwarded);
  }
});

Deno.test("scheme and host are those that the trusted proxy wrote", () => {
  for (
    const [headers, url] of [
      [{ "x-forwarded-proto": "https" }, "https://inner:8080/p//a?q=%20"],
      [{ "x-forwarded-proto": "WSS" }, "https://inner:8080/p//a?q=%20"],
      [{ "x-forwarded-proto": "http" }, AS_IT_CAME.url],
      [{ "x-forwarded-proto": "https, http" }, AS_IT_CAME.url],
      [
        { "x-forwarded-host": "a.example:81" },
        "http://a.example:81/p//a?q=%20",
      ],
      [
        { "x-forwarded-host": "6.6.6.6, a.example" },
        "http://a.example/p//a?q=%20",
      ],
      [{ "x-forwarded-host": "a/b@c" }, AS_IT_CAME.url],
      [{ "x-forwarded-host": "[" }, AS_IT_CAME.url],
    ] as const
  ) {
    assertEquals(seen(headers).url, url, JSON.stringify(headers));
  }
  // Each trusted element, but not what the client sent.
  const forwarded = "for=6.6.6.6;host=evil.example;proto=http, " +
    'for=192.0.2.1;proto=https;host="a.example", for=10.0.0.7;host=inner';
  assertEquals(
    seen({ forwarded }, {
      trustedProxies: ["10.0.0.0/8"],
      proxyHeaders: "forwarded",
    }),
    {
      url: "https://a.example/p//a?q=%20",
      host: "a.example",
      remote: "tcp://192.0.2.1",
      secure: true,
    },
  );
});

Deno.test("the path is what follows the host, whatever the host is", () => {
  for (const host of ["h", "t", "p", "http", "s", "https", "a:80", "[::1]"]) {
    for (const path of ["/", "/p//a?q=%20", `//${host}/x?${host}`]) {
      const url = `http://${host}${path}`;
      const headers = { ...X_FORWARDED, host };
      assertEquals(
        seen(headers, undefined, { url }).url,
        `https://a.example${path}`,
        url,
      );
    }
  }
});

Deno.test("a client is secure only if its proxy says so, whatever the connection of the proxy is", () => {
  for (
    const [headers, secure] of [
      [{ "x-forwarded-for": "192.0.2.1" }, false],
      [{ "x-forwarded-for": "unknown" }, false],
      [{ "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "wss" }, true],
      // The proxy speaks for itself.
      [{}, true],
    ] as const
  ) {
    const request = new Request("https://inner/", { headers });
    const remote = "tcp://10.0.0.1:50000";
    const before = beforeProxies({ request, remote, secure: true }, {
      trustedProxies: ["10.0.0.1"],
    });
    assertEquals(before.secure, secure, JSON.stringify(headers));
  }
});

Deno.test("a request that cannot be copied stays as it is", () => {
  // Of a server: no Request can be made with this method.
  const request = {
    url: "http://inner:8080/",
    method: "TRACE",
    headers: new Headers({ host: "inner:8080", ...X_FORWARDED }),
  } as Request;
  const remote = "tcp://10.0.0.1:50000";
  assertEquals(
    beforeProxies({ request, remote, secure: false }, {
      trustedProxies: ["10.0.0.1"],
    }),
    { request, remote: "tcp://192.0.2.1", secure: true },
  );
});

Deno.test("a malformed Forwarded hides nothing behind the address of the proxy", () => {
  const options = {
    trustedProxies: ["10.0.0.0/8"],
    proxyHeaders: "forwarded",
  } as const;
  for (
    const [forwarded, remote] of [
      ['for="6.6.6.6, for=192.0.2.1', undefined],
      ['for="a\\", for=192.0.2.1', undefined],
      ['"for=6.6.6.6, for=192.0.2.1', "tcp://192.0.2.1"],
      ["for=6.6.6.6;;=,;, for=192.0.2.1", "tcp://192.0.2.1"],
      [" FOR = 192.0.2.1 ; proto", "tcp://192.0.2.1"],
      ["proto=http", "tcp://10.0.0.1:50000"],
    ]
  ) {
    assertEquals(seen({ forwarded: forwarded! }, options).remote, remote);
  }
  const began = performance.now();
  for (const part of ['\\"', '"', "for=10.0.0.1,", ';="', "[", "\\"]) {
    seen({ forwarded: `for="${part.repeat(16_000)}` }, options);
    seen({ "x-forwarded-for": "10.0.0.2,".repeat(16_000) });
  }
  const time = performance.now() - began;
  assertLess(time, 5_000);
});
