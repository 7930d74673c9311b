import { assertEquals } from "@std/assert";

const ROOT = new URL("./", import.meta.url);

/** What each entry exports, values and types: what users build on, so that a change of it is a decision. */
const SURFACE: Record<string, string> = {
  ".": `
    CallOptions CloseInfo ConnectOptions ConnectionClosedError
    ConnectionEvent Contract DEFAULT_LIMITS Handler HandlerOptions Handlers
    LimitError Limits Login MessageObserver Middleware NotificationHandler
    OperationError Peer PeerEvent PeerObserver PeerOptions PeerState
    PeerStats ProtocolError ReconnectOptions ReconnectingPeer Remote
    RequestContext RequestOptions RetryError RetryPolicy ServeOptions Server
    StreamHandler StreamPair Tracer UpgradeHandlerOptions ValidationError
    connect isConnectionClosedError isLimitError isOperationError
    isProtocolError isRetryError isValidationError reconnect serve
    upgradeHandler`,
  "./codec": `
    DEFAULT_MAX_PAYLOAD_BYTES Decoder DecoderOptions DescribeOptions Encoder
    EncoderOptions ErrorResult Header Heartbeat LimitError MAX_NAME_BYTES
    Message MessageDecoderStream MessageDecoderStreamOptions
    MessageEncoderStream MessageEncoderStreamOptions MessageKind Name
    Notification PayloadCodec PayloadContext ProtocolError ProtocolErrorCode
    ProtocolErrorMessage ProtocolErrorOptions ProtocolErrorReason
    ProtocolVersion RequestId RetryResult SingleRequest SingleResult
    StreamRequest StreamRequestPart StreamResult ValidationError
    ValidationErrorOptions ValidationIssue VersionOutcome VersionReader
    bytes decodeName describe encode encodeVersion isLimitError
    isProtocolError isValidationError json messageOf quoteName requestId
    requestIdBytes requestIdLength text`,
  "./peer": `
    AnyContract CallOptions Clock CloseInfo ConnectionClosedError
    ConnectionEvent Contract DEFAULT_LIMITS DEFAULT_RETRY DropReason Handler
    HandlerOptions Handlers Input LimitName Limits Login MessageObserver
    Middleware NotificationHandler NotificationName OperationError
    OperationErrorOptions OperationName Output Overload PayloadHandler Peer
    PeerEvent PeerObserver PeerOptions PeerState PeerStats ReconnectOptions
    ReconnectingPeer RefusalLimit Remote RequestContext RequestOptions
    RetryError RetryErrorOptions RetryPolicy Schema SchemaIssue SchemaResult
    Span StreamHandler StreamOutput StreamPair Tracer
    isConnectionClosedError isOperationError isRetryError systemClock`,
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
  "./transport/websocket-standard-socket": `
    SocketChannelOptions SocketOptions socketChannel`,
  "./transport/websocket-upgrade": `
    AcceptOptions AcceptUpgradeOptions OriginPolicy SocketOptions
    UpgradeResult acceptUpgrade`,
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
  return SURFACE[entry]?.trim().split(/\s+/).sort() ?? [];
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
