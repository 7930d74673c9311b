import { assert, assertEquals } from "@std/assert";
import { TextLineStream } from "@std/streams";

/** A span, as OTLP has it in JSON. */
interface Span {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

/** Receives what a program exports by OTLP. */
class Collector implements AsyncDisposable {
  /** Spans, by service. */
  readonly spans = new Map<string, Span[]>();
  /** Names of metrics, by service. */
  readonly metrics = new Map<string, Set<string>>();
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { resourceSpans, resourceMetrics } = await request.json();
      for (const { resource, scopeSpans } of resourceSpans ?? []) {
        const spans = this.spans.getOrInsert(serviceOf(resource), []);
        for (const scope of scopeSpans) spans.push(...scope.spans);
      }
      for (const { resource, scopeMetrics } of resourceMetrics ?? []) {
        const names = this.metrics.getOrInsert(serviceOf(resource), new Set());
        for (const { metrics } of scopeMetrics) {
          for (const { name } of metrics) names.add(name);
        }
      }
      this.#wake();
      return Response.json({});
    },
  );

  #wake = () => {};

  /** Waits until a service has exported a metric. */
  async receives(service: string, metric: string): Promise<void> {
    while (!this.metrics.get(service)?.has(metric)) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.shutdown();
  }
}

interface Resource {
  readonly attributes: readonly {
    readonly key: string;
    readonly value: { readonly stringValue: string };
  }[];
}

function serviceOf({ attributes }: Resource): string {
  return attributes.find(({ key }) => key === "service.name")!.value
    .stringValue;
}

/** Runs the program with the runtime's own OpenTelemetry. */
function run(
  service: string,
  collector: Collector,
  ...args: string[]
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-net=127.0.0.1",
      "--allow-env",
      "--no-check",
      new URL("_traced_program.ts", import.meta.url).pathname,
      ...args,
    ],
    env: {
      OTEL_DENO: "true",
      OTEL_SERVICE_NAME: service,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_METRIC_EXPORT_INTERVAL: "200",
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

Deno.test("with the runtime's OpenTelemetry, two programs share one trace, and export metrics", async () => {
  await using collector = new Collector();
  const server = run("server", collector);
  const lines = server.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
  const { value: address } = await lines.read();
  assert(address !== undefined);
  const client = run("client", collector, address);
  await client.stdin.close();
  await client.stdout.pipeTo(new WritableStream());
  assertEquals((await client.status).code, 0);
  // What is read on demand is exported periodically only.
  await collector.receives("server", "gotalk.io");
  await server.stdin.close();
  while (!(await lines.read()).done);
  assertEquals((await server.status).code, 0);

  const all = [
    ...collector.spans.get("client")!,
    ...collector.spans.get("server")!,
  ];
  const root = all.find(({ name }) => name === "root")!;
  const ofTrace = all.filter(({ traceId }) => traceId === root.traceId);
  const nameOf = (id: string | undefined) =>
    all.find(({ spanId }) => spanId === id)?.name ?? "";
  assertEquals(
    ofTrace.map(({ name, kind, parentSpanId }) =>
      `${nameOf(parentSpanId)} > ${name} ${kind}`
    ).sort(),
    [
      " > root 1",
      "greet > greet 2",
      "greet > look up 1",
      "root > greet 3",
      "root > none 4",
      "root > upper 3",
      "upper > upper 2",
    ],
  );
  assert(collector.metrics.get("client")!.has("rpc.client.call.duration"));
  const names = collector.metrics.get("server")!;
  for (
    const name of [
      "rpc.server.call.duration",
      "gotalk.drops",
      "gotalk.io",
      "gotalk.messages",
      "gotalk.connections",
      "gotalk.calls.pending",
      "gotalk.requests.running",
      "gotalk.write_queue.size",
    ]
  ) assert(names.has(name), `the server exports ${name}`);
});
