package adapter;

import gotalk.Call;
import gotalk.Message;
import gotalk.Options;
import gotalk.Peer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Drives the peer by lines of JSON on standard input and output. */
public final class Adapter {
  private static final PrintStream OUT = System.out;
  private static final long FOREVER = Long.MAX_VALUE;
  private static final int RETRIES = 5;

  private static final List<String> FEATURES =
      List.of(
          "codec", "streams", "retry", "limits", "heartbeat", "readTimeout", "cancel", "drain",
          "extensionCancel", "extensionDrain");

  private final Map<String, Object> handles = new ConcurrentHashMap<>();
  private final AtomicInteger lastHandle = new AtomicInteger();

  public static void main(String[] args) throws IOException {
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    var adapter = new Adapter();
    for (String line; (line = lines.readLine()) != null; ) {
      Map<String, Object> command = parse(line);
      if (command == null) continue;
      if ("stop".equals(command.get("command"))) {
        adapter.run(command);
        break;
      }
      start(() -> adapter.run(command));
    }
    System.exit(0);
  }

  private static Map<String, Object> parse(String line) {
    try {
      return Json.parseObject(line);
    } catch (IllegalArgumentException e) {
      answer(null, errored(e));
      return null;
    }
  }

  private static void start(Runnable task) {
    var thread = new Thread(task);
    thread.setDaemon(true);
    thread.start();
  }

  private void run(Map<String, Object> command) {
    Map<String, Object> answer;
    try {
      answer = answerTo(new Arguments(command));
    } catch (UnsupportedOperationException e) {
      answer = skipped(e.getMessage());
    } catch (Exception | OutOfMemoryError e) {
      answer = errored(e);
    }
    answer(command.get("seq"), answer);
  }

  private Map<String, Object> answerTo(Arguments command) throws Exception {
    return switch (command.text("command", "")) {
      case "start" -> start(command);
      case "encode" -> Codec.encode(command);
      case "decode" -> Codec.decode(command);
      case "listen" -> listen(command);
      case "connect" -> connect(command);
      case "request" -> request(command);
      case "notify" -> {
        command.allow("connection", "name", "payload");
        peer(command).send(command.text("name", ""), command.bytes("payload"));
        yield Map.of();
      }
      case "open-stream" -> {
        command.allow("connection", "operation");
        yield call(peer(command).openStream(command.text("operation", "")), true);
      }
      case "write" -> {
        command.allow("call", "payload");
        call(command).call.write(command.bytes("payload"));
        yield Map.of();
      }
      case "end" -> {
        command.allow("call");
        call(command).call.end();
        yield Map.of();
      }
      case "cancel" -> {
        command.allow("call");
        call(command).call.cancel();
        yield Map.of();
      }
      case "report" -> report(command);
      case "close" -> close(command);
      case "drain" -> {
        command.allow("connection", "timeout");
        peer(command).drain();
        yield connection(command).report(command.number("timeout", 5_000), FOREVER, 0);
      }
      case "advance" -> skipped("time cannot be virtual");
      case "reset", "stop" -> {
        command.allow();
        reset();
        yield Map.of();
      }
      default -> throw new IllegalArgumentException("unknown command");
    };
  }

  private static Map<String, Object> start(Arguments command) {
    command.allow("protocol");
    return Map.of(
        "implementation", Map.of("name", "gotalk-java", "version", "1.0.0", "language", "java"),
        "roles", Map.of("acceptor", List.of("tcp"), "initiator", List.of("tcp")),
        "versions", List.of("01"),
        "operations", StandardOperations.NAMES,
        "limits", Map.of("name", Message.MAX_NAME_BYTES, "payload", Integer.MAX_VALUE),
        "features", FEATURES);
  }

  private Map<String, Object> listen(Arguments command) throws IOException {
    command.allow("transport", "options");
    if (!command.text("transport", "").equals("tcp")) return skipped("only TCP is supported");
    Options options = options(command.object("options"));
    var socket = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
    var listener = new Listener(socket);
    start(() -> accept(listener, options));
    String address = "tcp://127.0.0.1:" + socket.getLocalPort();
    return Map.of("listener", handle("listener", listener), "address", address);
  }

  private void accept(Listener listener, Options options) {
    while (true) {
      try {
        Socket socket = listener.socket.accept();
        var connection = new Connection();
        String handle = handle("connection", connection);
        connection.begin(socket, false, options);
        connection.peer().opened().thenRun(() -> listener.add(handle));
      } catch (IOException e) {
        if (listener.socket.isClosed()) return;
      }
    }
  }

  private Map<String, Object> connect(Arguments command) throws Exception {
    command.allow("address", "options", "timeout");
    Options options = options(command.object("options"));
    var address = URI.create(command.text("address", ""));
    if (!address.getScheme().equals("tcp")) return skipped("only TCP is supported");
    int timeout = (int) command.number("timeout", 5_000);
    var deadline = new Deadline(timeout);
    var connection = new Connection();
    var answer = new LinkedHashMap<String, Object>();
    answer.put("connection", handle("connection", connection));
    try {
      var socket = new Socket();
      socket.connect(new InetSocketAddress(address.getHost(), address.getPort()), timeout);
      connection.begin(socket, true, options);
      connection.awaitOpen(deadline);
    } catch (IOException e) {
      connection.fail(e);
    }
    answer.putAll(connection.report(0, 0, 0));
    return answer;
  }

  private Map<String, Object> request(Arguments command) throws IOException {
    command.allow("connection", "operation", "payload", "retry");
    int retries = command.flag("retry", false) ? RETRIES : 0;
    String operation = command.text("operation", "");
    return call(peer(command).call(operation, command.bytes("payload"), retries), false);
  }

  private Map<String, Object> report(Arguments command) throws InterruptedException {
    command.allow(
        "call", "connection", "listener", "timeout", "parts", "notes", "heartbeats", "connections");
    long timeout = command.number("timeout", 0);
    if (command.has("call")) {
      return call(command).report(timeout, command.number("parts", FOREVER));
    }
    if (command.has("listener")) {
      return listener(command).report(timeout, command.number("connections", 1));
    }
    boolean waitsForClose = !command.has("notes") && !command.has("heartbeats");
    long notes = command.number("notes", waitsForClose ? FOREVER : 0);
    return connection(command).report(timeout, notes, command.number("heartbeats", 0));
  }

  private Map<String, Object> close(Arguments command) throws Exception {
    if (command.has("listener")) {
      command.allow("listener");
      listener(command).socket.close();
      return Map.of();
    }
    command.allow("connection", "timeout");
    peer(command).close();
    return connection(command).report(command.number("timeout", 5_000), FOREVER, 0);
  }

  private void reset() throws IOException {
    for (Object object : handles.values()) {
      if (object instanceof Listener listener) listener.socket.close();
      if (object instanceof Connection connection) connection.close();
    }
    handles.clear();
  }

  private static Options options(Arguments given) {
    var options = new Options();
    if (given == null) return options;
    for (String name : given.fields().keySet()) {
      switch (name) {
        case "streams" -> options.streams = given.flag(name, true);
        case "maxConcurrentRequests" -> options.maxConcurrentRequests = (int) given.number(name, 0);
        case "maxConcurrentStreams" -> options.maxConcurrentStreams = (int) given.number(name, 0);
        case "overloadWait" -> {
          options.minOverloadWait = (Long) given.list(name).get(0);
          options.maxOverloadWait = (Long) given.list(name).get(1);
        }
        case "heartbeatInterval" -> options.heartbeatInterval = given.number(name, 0);
        case "readTimeout" -> options.readTimeout = given.number(name, 0);
        case "handshakeTimeout" -> options.handshakeTimeout = given.number(name, 0);
        case "maxPayload" -> options.maxPayload = given.number(name, 0);
        case "maxSkip" -> options.maxSkip = given.number(name, 0);
        case "maxName" -> options.maxName = (int) given.number(name, 0);
        case "maxInboundBytes" -> options.maxUnread = given.number(name, 0);
        case "streamIdleTimeout" -> options.streamIdleTimeout = given.number(name, 0);
        default -> throw new UnsupportedOperationException("there is no option " + name);
      }
    }
    return options;
  }

  private Map<String, Object> call(Call call, boolean isStream) {
    return Map.of("call", handle("call", new CallReport(call, isStream)));
  }

  private CallReport call(Arguments command) {
    return find(command, "call", CallReport.class);
  }

  private Connection connection(Arguments command) {
    return find(command, "connection", Connection.class);
  }

  private Listener listener(Arguments command) {
    return find(command, "listener", Listener.class);
  }

  private Peer peer(Arguments command) throws IOException {
    return connection(command).peer();
  }

  private String handle(String kind, Object object) {
    String handle = kind + "-" + lastHandle.incrementAndGet();
    handles.put(handle, object);
    return handle;
  }

  private <T> T find(Arguments command, String name, Class<T> type) {
    Object found = handles.get(command.text(name, ""));
    if (type.isInstance(found)) return type.cast(found);
    throw new IllegalArgumentException("unknown " + name);
  }

  private static synchronized void answer(Object seq, Map<String, Object> answer) {
    var line = new LinkedHashMap<String, Object>();
    line.put("seq", seq);
    line.putAll(answer);
    byte[] bytes = (Json.format(line) + "\n").getBytes(StandardCharsets.UTF_8);
    OUT.write(bytes, 0, bytes.length);
    OUT.flush();
  }

  static Map<String, Object> skipped(String reason) {
    return Map.of("skipped", Map.of("reason", reason));
  }

  private static Map<String, Object> errored(Throwable error) {
    return Map.of("errored", Map.of("message", error.toString()));
  }
}
