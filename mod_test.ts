import { assertEquals } from "@std/assert";

const ROOT = new URL("./", import.meta.url);

/** What each entry exports, values and types: what users build on, so that a change of it is a decision. */
const SURFACE: Record<string, string> = {
  ".": `
    ConnectOptions ListenOptions OpenOptions ServeOptions Server
    UpgradeHandlerOptions connect reconnect serve upgradeHandler`,
  "./codec": `
    ByteSegment DEFAULT_MAX_PAYLOAD_BYTES Decoder DecoderOptions DescribeOptions
    Encoder EncoderOptions ErrorResult Header Heartbeat JsonBytes
    JsonFormOptions JsonMessage LimitError MAX_NAME_BYTES Message
    MessageDecoderStream MessageDecoderStreamOptions MessageEncoderStream
    MessageEncoderStreamOptions MessageKind Name Notification PayloadCodec
    PayloadContext ProtocolError ProtocolErrorCode ProtocolErrorMessage
    ProtocolErrorOptions ProtocolErrorReason ProtocolVersion RequestId
    RetryResult SingleRequest SingleResult StreamRequest StreamRequestPart
    StreamResult ValidationError ValidationErrorOptions ValidationIssue
    VersionOutcome VersionReader bytes bytesFromJson bytesToJson decodeName
    describe encode encodeVersion isLimitError isProtocolError
    isValidationError json messageFromJson messageOf messageToJson quoteName
    requestId requestIdBytes requestIdLength text`,
  "./peer": `
    AnyContract CallOptions Clock CloseInfo ConnectionClosedError
    ConnectionEvent Contract DEFAULT_LIMITS DEFAULT_RETRY DropReason Handler
    HandlerOptions Handlers Input Limits Login Middleware NotificationHandler
    NotificationName Observer OperationError OperationErrorOptions
    OperationName Output PayloadHandler Peer PeerEvent PeerOptions PeerState
    PeerStats ReconnectOptions ReconnectingCallOptions ReconnectingPeer
    RequestContext RequestOptions RetryError RetryErrorOptions RetryPolicy
    Schema SchemaIssue SchemaResult Span StreamHandler StreamOutput
    StreamPair Trace Tracer isConnectionClosedError isOperationError
    isRetryError systemClock`,
  "./conformance": `
    AdapterError AdapterOptions BrokenAdapterError Bytes BytesPattern CORPUS
    CallReport Case CaseBase CaseError CaseFile CaseMessage CaseRun Channel
    ChannelEnd ChannelInfo ChunkName CloseOptions CodecCase CommandName
    Commands ConnectionOptions ConnectionReport ConversationRun Corpus
    Counts DecodeRun Description EncodeRun EndPattern Enough Expectation
    Frame KnownEntry Level LineEnds LineSubject MessageKind MessagePattern
    Note NumberPattern OpenSubject OperationOptions Outcome PlanOptions
    ProtocolVersion REPORTS RawMessage Report ReportFormat ReportPattern Reporter Result
    Role RunOptions STATEMENTS Segment SendItem SentMessage SessionCase
    SkippedError Statement Step Subject TargetSubject TerminalOptions
    TerminalReporter TraceEntry Transport Unit UpgradePattern Verdict
    WriteUnits allRuns attachAdapter casesOf choose expand fill findCase
    fromBytes parseKnown run serveLines standardOperations startAdapter
    toBytes`,
  "./conformance/cli": `
    Terminal main`,
  "./transport": `
    Channel ChannelClock ChannelEnd ChannelInfo CloseOptions Listener
    MemoryPairOptions
    DuplexStream WriteUnits memoryPair portChannel readableFrom
    streamsChannel`,
  "./transport/tcp": `
    ConnectTcpOptions DialOptions ListenTcpOptions connectTcp listenTcp
    tcpChannel`,
  "./transport/tls": `
    ConnectTlsOptions DialOptions ListenTlsOptions connectTls listenTls
    tlsChannel`,
  "./transport/unix": `
    ConnectUnixOptions DialOptions ListenUnixOptions connectUnix listenUnix`,
  "./transport/websocket": `
    ConnectWebSocketOptions DialOptions FramingOptions SocketChannelOptions
    connectWebSocket socketChannel`,
  "./transport/websocket-listener": `
    AcceptOptions FramingOptions ListenWebSocketOptions OriginPolicy
    listenWebSocket`,
  "./transport/websocket-socket": `
    SocketChannelOptions SocketOptions socketChannel`,
  "./transport/websocket-upgrade": `
    AcceptOptions AcceptUpgradeOptions OriginPolicy SocketOptions
    UpgradeResult acceptUpgrade`,
};

/** Names of other entries that an entry exports as well. */
const INCLUDES: Record<string, readonly string[]> = {
  ".": ["./codec", "./peer"],
};

/** What `deno doc --json` tells, as far as it matters here. */
interface Documentation {
  readonly nodes: Record<string, { readonly symbols: { name: string }[] }>;
}

async function exportedNames(path: string): Promise<string[]> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", path],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { nodes }: Documentation = JSON.parse(new TextDecoder().decode(stdout));
  return Object.values(nodes)
    .flatMap(({ symbols }) => symbols)
    .map(({ name }) => name)
    .sort();
}

function pinnedNames(entry: string): string[] {
  const included = (INCLUDES[entry] ?? []).flatMap(pinnedNames);
  const own = SURFACE[entry]?.trim().split(/\s+/) ?? [];
  return [...own, ...included].sort();
}

const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
const entries: [entry: string, path: string][] = Object.entries(config.exports);

for (const [entry, path] of entries) {
  Deno.test(`the entry ${entry} exports what it says, and nothing else`, async () => {
    assertEquals(await exportedNames(path), pinnedNames(entry));
  });
}

Deno.test("every entry whose exports are pinned is there", () => {
  const names = new Set(entries.map(([entry]) => entry));
  assertEquals(Object.keys(SURFACE).filter((entry) => !names.has(entry)), []);
});
