package adapter;

import static java.nio.charset.StandardCharsets.UTF_8;

import gotalk.Call;
import gotalk.Failures.OperationException;
import gotalk.Failures.RetryException;
import gotalk.Operations;
import gotalk.Peer;
import gotalk.Request;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** The operations and notifications that the runner knows, for one connection. */
final class StandardOperations {
  static final List<String> NAMES =
      List.of(
          "echo", "echo-later", "fail", "retry", "delay", "hold", "persist", "watch", "ignore",
          "size", "call-back", "notify-back", "stream-back", "crash", "notes", "close-after",
          "count", "count-fail", "stream-echo", "stream-length");

  private static final long MAX_SIZE = 64 << 20;
  private static final byte[] OK = "ok".getBytes(UTF_8);

  private final Connection connection;

  private StandardOperations(Connection connection) {
    this.connection = connection;
  }

  static Operations of(Connection connection) {
    var operations = new StandardOperations(connection);
    return new Operations()
        .single("echo", Request::payload)
        .single("echo-later", StandardOperations::echoLater)
        .single("fail", request -> fail(request.payload()))
        .stream("fail", request -> fail(readAll(request)))
        .single("retry", StandardOperations::retry)
        .single("delay", StandardOperations::delay)
        .single("hold", request -> hold())
        .stream("hold", request -> hold())
        .single("persist", request -> persist(request.payload()))
        .stream("persist", request -> request.write(persist(readAll(request))))
        .single("watch", operations::watch)
        .stream("watch", operations::watchStream)
        .stream("ignore", request -> request.write(OK))
        .single("size", request -> pattern(size(arguments(request.payload()), "bytes")))
        .single("call-back", StandardOperations::callBack)
        .single("notify-back", StandardOperations::notifyBack)
        .single("stream-back", StandardOperations::streamBack)
        .single("crash", request -> crash(request.payload()))
        .stream("crash", request -> crash("inside-of-the-program".getBytes(UTF_8)))
        .single("notes", operations::notes)
        .single("close-after", StandardOperations::closeAfter)
        .stream("count", request -> count(request, arguments(readAll(request))))
        .stream("count-fail", StandardOperations::countFail)
        .stream("stream-echo", StandardOperations::streamEcho)
        .stream("stream-length", StandardOperations::streamLength)
        .onNotification(operations::notification);
  }

  private static byte[] readAll(Request request) throws IOException, InterruptedException {
    var all = new ByteArrayOutputStream();
    for (byte[] part; (part = request.read()) != null; ) all.writeBytes(part);
    return all.toByteArray();
  }

  private static Arguments arguments(byte[] json) throws OperationException {
    try {
      return new Arguments(Json.parseObject(new String(json, UTF_8)));
    } catch (IllegalArgumentException e) {
      throw new OperationException("malformed arguments");
    }
  }

  /** Returns a number that must be there. */
  private static long size(Arguments arguments, String name) throws OperationException {
    try {
      long size = arguments.number(name, -1);
      if (size >= 0) return size;
    } catch (IllegalArgumentException e) {
      // It is not an integer.
    }
    throw new OperationException("malformed arguments");
  }

  private static String text(Arguments arguments, String name) throws OperationException {
    try {
      String text = arguments.text(name, null);
      if (text != null) return text;
    } catch (IllegalArgumentException e) {
      // It is not text.
    }
    throw new OperationException("malformed arguments");
  }

  private static byte[] echoLater(Request request) throws Exception {
    byte[] payload = request.payload();
    String digits = new String(payload, 0, Math.min(payload.length, 4), UTF_8);
    if (!digits.matches("[0-9]{4}")) throw new OperationException("malformed arguments");
    Thread.sleep(Integer.parseInt(digits));
    return Arrays.copyOfRange(payload, 4, payload.length);
  }

  private static byte[] fail(byte[] payload) throws OperationException {
    throw new OperationException(payload);
  }

  private static byte[] retry(Request request) throws IOException {
    Arguments arguments = arguments(request.payload());
    throw new RetryException(size(arguments, "wait"), text(arguments, "text").getBytes(UTF_8));
  }

  private static byte[] delay(Request request) throws Exception {
    Arguments arguments = arguments(request.payload());
    Thread.sleep(size(arguments, "ms"));
    return arguments.text("payload", "ok").getBytes(UTF_8);
  }

  private static byte[] hold() throws InterruptedException {
    Thread.sleep(Long.MAX_VALUE);
    return OK;
  }

  private static byte[] persist(byte[] json) throws IOException {
    var deadline = new Deadline(size(arguments(json), "ms"));
    while (!deadline.hasPassed()) {
      try {
        synchronized (deadline) {
          deadline.await(deadline);
        }
      } catch (InterruptedException e) {
        // It continues although it is cancelled.
      }
    }
    return OK;
  }

  private byte[] watch(Request request) throws InterruptedException {
    try {
      return hold();
    } finally {
      connection.remember("cancelled", new byte[0]);
    }
  }

  private void watchStream(Request request) throws InterruptedException {
    String ending = "cut";
    try {
      readAll(request);
      ending = "ended";
    } catch (IOException | InterruptedException e) {
      // Its data is cut.
    }
    connection.remember(ending, new byte[0]);
    hold();
  }

  private static byte[] pattern(long size) throws OperationException {
    if (size > MAX_SIZE) throw new OperationException("too large");
    byte[] bytes = new byte[(int) size];
    for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) ('a' + i % 26);
    return bytes;
  }

  private static byte[] callBack(Request request) throws Exception {
    Arguments arguments = arguments(request.payload());
    byte[] payload = text(arguments, "payload").getBytes(UTF_8);
    return request.call(text(arguments, "operation"), payload).result();
  }

  private static byte[] notifyBack(Request request) throws Exception {
    Arguments arguments = arguments(request.payload());
    byte[] payload = text(arguments, "payload").getBytes(UTF_8);
    request.peer().send(text(arguments, "name"), payload);
    return OK;
  }

  private static byte[] streamBack(Request request) throws Exception {
    Arguments arguments = arguments(request.payload());
    Call call = request.openStream(text(arguments, "operation"));
    call.write(text(arguments, "payload").getBytes(UTF_8));
    call.end();
    return call.result();
  }

  private static byte[] crash(byte[] message) {
    throw new IllegalStateException(new String(message, UTF_8));
  }

  private byte[] notes(Request request) {
    return Json.format(connection.notes()).getBytes(UTF_8);
  }

  private static byte[] closeAfter(Request request) throws InterruptedException {
    request.answer(request.payload().length > 0 ? request.payload() : OK);
    request.peer().close();
    return OK;
  }

  private static void count(Request request, Arguments arguments) throws Exception {
    long parts = size(arguments, "parts");
    byte[] pattern = arguments.has("bytes") ? pattern(size(arguments, "bytes")) : null;
    for (long i = 1; i <= parts; i++) {
      request.write(pattern != null ? pattern : Long.toString(i).getBytes(UTF_8));
    }
  }

  private static void countFail(Request request) throws Exception {
    Arguments arguments = arguments(readAll(request));
    byte[] text = text(arguments, "text").getBytes(UTF_8);
    count(request, arguments);
    throw new OperationException(text);
  }

  private static void streamEcho(Request request) throws Exception {
    for (byte[] part; (part = request.read()) != null; ) request.write(part);
  }

  private static void streamLength(Request request) throws Exception {
    long length = 0;
    for (byte[] part; (part = request.read()) != null; ) length += part.length;
    request.write(Long.toString(length).getBytes(UTF_8));
  }

  private void notification(Peer peer, String name, byte[] payload) throws Exception {
    connection.remember(name, payload);
    if (name.equals("crash")) crash(payload);
    if (name.equals("ask")) {
      Arguments arguments = arguments(payload);
      byte[] request = text(arguments, "payload").getBytes(UTF_8);
      connection.remember(
          "asked", peer.call(text(arguments, "operation"), request, 0).result());
    }
  }
}
