import { assertEquals } from "@std/assert";
import { type AcceptOptions, negotiate } from "./_negotiate.ts";

/** The status and the text of the answer to a request; 101 if it is accepted. */
async function answer(
  { url, remote, ...headers }: Record<string, string>,
  options: AcceptOptions = {},
): Promise<[status: number, text: string]> {
  const request = new Request(url!, {
    headers: {
      upgrade: "websocket",
      connection: "upgrade",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      ...headers,
    },
  });
  const result = negotiate({ request, remote, secure: false }, options);
  return result instanceof Response
    ? [result.status, await result.text()]
    : [101, ""];
}

const LOOPBACK = "tcp://127.0.0.1:50000";
const REBOUND = {
  url: "http://evil.example:8000/",
  origin: "http://evil.example:8000",
  remote: LOOPBACK,
};

Deno.test("a page that has its name resolve to this machine is refused (websocket/origin-checked)", async () => {
  for (
    const remote of [LOOPBACK, "tcp://[::1]:9", "tcp://[::ffff:127.0.0.1]:9"]
  ) {
    assertEquals(await answer({ ...REBOUND, remote }), [
      403,
      'Host "evil.example:8000" from this machine, wanted a loopback name or an IP address, ' +
      "one of the server's option hosts, or a proxy's X-Forwarded-For\n",
    ]);
  }
  // Where the connection comes from is unknown.
  const { remote: _, ...unknown } = REBOUND;
  assertEquals((await answer(unknown))[0], 403);
});

Deno.test("a page that cannot be of somebody else is accepted", async () => {
  const accepted: Record<string, string>[] = [
    // Loopback names and addresses.
    ...["localhost:8000", "LOCALHOST:8000", "app.localhost:8000"].concat(
      "127.0.0.1:8000",
      "127.1.2.3",
      "[::1]:8000",
      "192.168.1.7:8000",
    ).map((host) => ({
      ...REBOUND,
      url: `http://${host}/`,
      origin: `http://${host}`,
    })),
    // Programs.
    { url: REBOUND.url, remote: LOOPBACK },
    // Through a proxy on this machine.
    { ...REBOUND, "x-forwarded-for": "192.0.2.1" },
    { ...REBOUND, "forwarded": "for=192.0.2.1" },
    { ...REBOUND, "via": "1.1 proxy" },
    { ...REBOUND, url: "http://a.example/", origin: "https://a.example" },
    { ...REBOUND, url: "https://a.example/", origin: "https://a.example" },
    { ...REBOUND, remote: "unix:" },
    // From another machine.
    { ...REBOUND, remote: "tcp://192.0.2.1:50000" },
  ];
  for (const request of accepted) {
    assertEquals(await answer(request), [101, ""], JSON.stringify(request));
  }
  // The application decides.
  for (
    const options of [
      { hosts: "*" },
      { hosts: ["evil.example"] },
      { origins: [REBOUND.origin] },
      { origins: "*" },
      { origins: () => true },
    ] as const
  ) {
    assertEquals((await answer(REBOUND, options))[0], 101);
  }
});

Deno.test("a list of hosts decides on every request", async () => {
  const hosts = ["Example.com", ".a.example", "bücher.example", "b.example:9"];
  for (
    const [host, accepted] of [
      ["example.com", true],
      ["example.com:8000", true],
      ["example.com.", true],
      ["sub.example.com", false],
      ["a.example", true],
      ["x.y.a.example", true],
      ["xa.example", false],
      ["xn--bcher-kva.example", true],
      ["b.example", true],
      ["localhost:1", true],
      ["10.0.0.1", true],
      ["[fd00::1]:1", true],
      ["localhost.evil.example", false],
      ["evil-localhost", false],
      ["10.0.0.1.evil.example", false],
    ] as const
  ) {
    for (const origin of ["", `http://${host}`, `https://${host}`]) {
      const [status, text] = await answer({
        url: `http://${host}/`,
        remote: "tcp://192.0.2.1:1",
        ...(origin === "" ? {} : { origin }),
      }, { hosts });
      assertEquals(status, accepted ? 101 : 403, `${host} ${origin} ${text}`);
      if (!accepted) {
        const wanted =
          `Host "${host}", wanted one of the server's option hosts`;
        assertEquals(text, `${wanted}\n`);
      }
    }
  }
  // Nothing but loopback names and addresses.
  assertEquals(
    (await answer({ url: "http://a.example" }, { hosts: [] }))[0],
    403,
  );
  assertEquals(
    (await answer({ url: "http://localhost" }, { hosts: [] }))[0],
    101,
  );
});

Deno.test("the refusal of an origin names what it saw and what it wanted", async () => {
  const page = { url: "http://10.0.0.1:9201/", origin: "https://a.example" };
  assertEquals(await answer(page), [
    403,
    'Origin "https://a.example" at "http://10.0.0.1:9201", wanted the same host there, ' +
    "or one of the server's option origins\n",
  ]);
  // What the option lists is nobody's business.
  assertEquals(await answer(page, { origins: ["https://b.example"] }), [
    403,
    `Origin "https://a.example", wanted one of the server's option origins\n`,
  ]);
});

Deno.test("the first failure of origins is printed, unless refusals are observed", async () => {
  const failure = new Error("expected failure");
  const request = { url: "http://a.example/", origin: "http://a.example" };
  const { error } = console;
  const lines: unknown[][] = [];
  try {
    console.error = (...values) => void lines.push(values);
    for (const onRefused of [() => {}, undefined]) {
      const origins = () => {
        throw failure;
      };
      const options = {
        origins,
        ...(onRefused && { onRefused }),
      } as AcceptOptions;
      for (let time = 0; time < 2; time++) {
        assertEquals(await answer(request, options), [
          500,
          "Internal server error\n",
        ]);
      }
    }
  } finally {
    console.error = error;
  }
  assertEquals(lines, [["The hook origins failed:", failure]]);
});
