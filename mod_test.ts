import { assertEquals } from "@std/assert";

/**
 * The exports of each entry, values and types. A change of them changes the
 * public interface.
 */
const SURFACE: Record<string, string> = {
  ".": `
    BroadcastResult ByteSource CallOptions CloseInfo ConnectOptions
    CancelledError ConnectionClosedError ConnectionEvent Contract ContractOf CorsOptions
    DEFAULT_LIMITS DrainOptions ErrorOf ExchangeOption ExchangeResponseError
    FetchHandlerOptions Handler HandlerOptions Handlers HttpConnection
    HttpHandler HttpHandlerOptions LimitError Limits ListenOptions Login MessageObserver
    Middleware NotificationHandler OpenOptions OperationError PageScriptOption Peer PeerEvent
    PeerObserver PeerOptions PeerState PeerStats ProtocolError
    ReconnectOptions ReconnectingPeer RefusalObserver Remote RequestContext
    RequestOptions RetryError RetryPolicy ServeOptions Server ServerOptions
    ServerStats StreamHandler StreamPair Telemetry UpgradeHandler
    UpgradeHandlerOptions ValidationError Values ValuesHandler
    ValuesHandlerOptions ValuesOptions broadcast broadcastBytes broadcastText
    connect fetchHandler httpHandler isCancelledError isConnectionClosedError isFinalFailure
    isLimitError isOperationError isProtocolError isRetryError
    isValidationError reconnect serve upgradeHandler`,
  "./browser": `
    ConnectionClosedError Handlers OperationError PageConnectOptions
    PageConnectionEvent PageLimits PageOptions PagePeer PageReconnectOptions
    PageStats ReconnectingPagePeer Remote RequestContext RetryError Values
    connect isConnectionClosedError isFinalFailure isLimitError
    isOperationError isProtocolError isRetryError isValidationError reconnect`,
  "./cli": "main",
  "./codec": `
    BYTES BYTES_PAYLOAD ByteSource CANCEL CREDIT CURRENT_VERSION Cancel Credit DEFAULT_MAX_PAYLOAD_BYTES DRAIN
    Decoder DecoderOptions DescribeOptions Encoder EncoderOptions ErrorResult
    Header Heartbeat JsonLimits LimitError MAX_NAME_BYTES Message
    MessageDecoderStream MessageDecoderStreamOptions MessageEncoderStream
    MessageEncoderStreamOptions MessageKind Name Notification PayloadCodec
    PayloadContext ProtocolError ProtocolErrorCode ProtocolErrorMessage
    ProtocolErrorOptions ProtocolErrorReason ProtocolVersion RequestId
    RetryResult SingleRequest SingleResult StreamRequest StreamRequestPart
    StreamResult ValidationError ValidationErrorOptions ValidationIssue
    VersionOutcome VersionReader bytes decodeCancel decodeCredit decodeDrain decodeName
    describe encode encodeCancel encodeCredit encodeDrain encodeVersion isBytesPayload isLimitError isReservedName RESERVED_PREFIX
    isProtocolError isValidationError json messageOf quoteName requestId
    requestIdBytes requestIdLength text`,
  "./peer": `
    AddedMember AnyContract Attributes BroadcastResult ByteSource CallArguments
    CallOptions CancelledError Clock CloseInfo ConnectionClosedError ConnectionEvent
    ConnectionEventDetails ContextApi Contract ContractOf ContractSection
    DEFAULT_LIMITS DEFAULT_MAX_TOTAL_HELD_BYTES DEFAULT_RETRY Declared
    DrainOptions DropReason ErrorOf ErrorTyped Extended GrowingContract Handler HandlerInput HandlerLookup
    PayloadHandlerName HandlerName HandlerOptions HandlerOutput HandlerResult Handlers HookName Identity
    ListedOperation ListedSchema
    InferredInput InferredStreamInput InferredValue InferredValues
    Input InputOf InstrumentOptions IsAny LimitName Limits Login
    MemoryBudget MessageObserver Meter MetricsApi Middleware
    NotificationArguments NotificationHandler NotificationName
    NotificationValue NotifiedValue ObservableInstrument OperationError
    OperationErrorOptions OperationForm OperationName Output OutputOf Overload
    PayloadHandler Peer PeerEvent PeerEventDetails PeerObserver PeerOptions
    PeerState PeerStats ReconnectOptions ReconnectingPeer RefusalLimit
    Remote RequestContext RequestOptions RetryError RetryErrorOptions
    RetryPolicy Schema SchemaIssue SchemaResult SectionOf SentValues Span
    SpanContext StreamArguments StreamContext StreamForm StreamHandler
    StreamHandlerOptions StreamInput StreamName StreamOutput StreamPair
    TakenOf TakenValue Telemetry TraceApi TraceState Tracer Undeclared
    Values ValuesArguments ValuesContext ValuesHandler ValuesHandlerOptions
    ValuesInput ValuesName ValuesOptions ValuesOutput ValuesSource YieldOf
    YieldedValue broadcast broadcastBytes broadcastText
    isCancelledError isConnectionClosedError isFinalFailure
    isOperationError isRetryError listOperations systemClock`,
  "./rooms": `
    BackPlane BackPlaneSubscription Member MemberGoneError
    MemberRequestOptions NotifyOptions NotifyResult Room RoomChange
    RoomStream RoomStreamOptions Rooms RoomsOptions RoomsStats
    isMemberGoneError`,
  "./rooms/broadcast-channel": `
    BroadcastChannelOptions broadcastChannelBackPlane`,
  "./rooms/memory": `
    memoryBackPlanes`,
  "./rooms/nats": `
    NatsOptions natsBackPlane`,
  "./rooms/redis": `
    RedisOptions redisBackPlane`,
  "./tap": "Tap TapEntry TapOptions openTap",
  "./transport": `
    Channel ChannelClock ChannelEnd ChannelInfo CloseOptions DuplexStream
    Listener MemoryPairOptions BufferObserver WriteUnits memoryPair
    portChannel readableFrom streamsChannel`,
  "./transport/node": `
    ConnectTcpOptions ConnectTlsOptions ConnectUnixOptions ListenTcpOptions
    ListenTlsOptions ListenUnixOptions connectTcp connectTls connectUnix
    listenTcp listenTls listenUnix`,
  "./transport/tcp": `
    ConnectTcpOptions DialOptions ListenTcpOptions NetConn RefusalObserver
    TcpConn connectTcp listenTcp tcpChannel`,
  "./transport/tls": `
    Certificate ConnectTlsOptions DialOptions ListenTlsOptions NetConn
    RefusalObserver TlsClientOptions TlsEngine connectTls listenTls tlsChannel`,
  "./transport/unix": `
    ConnectUnixOptions DialOptions ListenUnixOptions RefusalObserver
    connectUnix listenUnix`,
  "./transport/websocket": `
    ConnectWebSocketOptions DialOptions FramingOptions SocketChannelOptions
    TlsClientOptions
    UpgradeResponseError WebSocketCloseError connectWebSocket socketChannel`,
  "./transport/websocket-listener": `
    AcceptOptions FramingOptions HostPolicy ListenWebSocketOptions
    OriginPolicy ProxyOptions RefusalObserver TlsEngine listenWebSocket`,
  "./transport/websocket-standard-socket": `
    SocketChannelOptions SocketOptions socketChannel`,
  "./transport/websocket-upgrade": `
    AcceptOptions AcceptUpgradeOptions HostPolicy HttpConnection OriginPolicy ProxyOptions
    RefusalObserver SocketOptions UpgradeResult acceptUpgrade`,
  "./workers": `
    ServeInWorkerOptions ServeWorkersOptions WorkersServer WorkersStats
    serveInWorker serveWorkers`,
  "./conformance": `
    AdapterClient AdapterError AdapterOptions AdapterStreams BeginningPattern
    BrokenAdapterError Bytes BytesPattern CORPUS CallReport Case CaseBase
    CaseError CaseFile CaseMessage CaseRun Channel ChannelEnd ChannelInfo
    ChunkName CloseOptions CodecCase CommandName Commands ConnectionOptions
    ConnectionReport ConversationRun Corpus Counts DecodeRun Description
    EncodeRun EndPattern Enough Expectation Frame Implementation KnownFailure
    Level MessageKind MessagePattern Note NumberPattern OpenImplementation
    OperationOptions Outcome PartsPattern PlanOptions PreflightFailure
    ProtocolVersion REPORTS RawMessage RawRequest Report ReportFormat
    ReportKind ReportPattern Reporter Result Role RunOptions RunStatus
    STATEMENTS Segment SendItem SentMessage SessionCase SkippedError Statement
    Step Suite TargetImplementation TargetOptions TerminalOptions
    TerminalReporter TraceEntry Transport Unit UpgradePattern Variable Verdict
    WriteUnits allRuns attachAdapter casesOf choose expand fill findCase
    fromBytes parseKnownFailures run serveAdapter standardOperations
    startAdapter toBytes`,
  "./conformance/cli": `
    Terminal main`,
};

/** The part of the output of `deno doc --json` that the tests read. */
interface Documentation {
  readonly nodes: Record<string, { readonly symbols: { name: string }[] }>;
}

/**
 * The file of each entry of both packages; `./conformance` is the main entry of
 * the second package.
 */
const ENTRIES: ReadonlyMap<string, URL> = new Map([
  ...await entriesOf("./"),
  ...await entriesOf("./conformance/"),
]);

/** Reads the export map of the package in `folder`. */
async function entriesOf(folder: string): Promise<[string, URL][]> {
  const base = new URL(folder, import.meta.url);
  const text = await Deno.readTextFile(new URL("deno.json", base));
  const { exports } = JSON.parse(text) as { exports: Record<string, string> };
  return Object.entries(exports).map(([name, path]) => [
    `${folder}${name.slice(2)}`.replace(/\/$/, ""),
    new URL(path, base),
  ]);
}

/** Returns the sorted names of the exports of each module. */
async function exportedNames(
  modules: Iterable<URL>,
): Promise<Map<string, string[]>> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...Array.from(modules, String)],
    cwd: new URL("./", import.meta.url),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { nodes }: Documentation = JSON.parse(new TextDecoder().decode(stdout));
  return new Map(
    Object.entries(nodes).map(([module, { symbols }]) => [
      module,
      symbols.map(({ name }) => name).sort(),
    ]),
  );
}

function pinnedNames(entry: string): string[] {
  return SURFACE[entry]?.trim().split(/\s+/).sort() ?? [];
}

const exported = await exportedNames(ENTRIES.values());

for (const [entry, { href }] of ENTRIES) {
  Deno.test(`the entry ${entry} exports exactly the pinned names`, () => {
    assertEquals(exported.get(href), pinnedNames(entry));
  });
}

Deno.test("every entry with pinned exports exists", () => {
  assertEquals(Object.keys(SURFACE).filter((name) => !ENTRIES.has(name)), []);
});

Deno.test("importing the entries that run on every platform draws no random values", async () => {
  const entries = [
    ".",
    "./codec",
    "./peer",
    "./rooms",
    "./rooms/memory",
    "./transport",
  ].map((name) => ENTRIES.get(name)!.href);
  // Some platforms refuse to draw any while a module loads.
  const program = `
    const refuse = () => { throw new Error("drawn while loading"); };
    Math.random = crypto.getRandomValues = crypto.randomUUID = refuse;
    for (const entry of ${JSON.stringify(entries)}) await import(entry);
  `;
  const { stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", program],
    cwd: new URL("./", import.meta.url),
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  assertEquals(success, true);
});
