package gotalk;

import gotalk.Failures.CancelledException;
import gotalk.Failures.LimitException;
import gotalk.Failures.OperationException;
import gotalk.Failures.RetryException;
import gotalk.Message.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Carries out the requests and notifications of the remote peer. */
final class Responder {
  private static final int REMEMBERED_STREAMS = 4_096;
  private static final int MAX_HELD_BYTES = 64 << 20;
  private static final int IDLE_BURST = 10_000;
  private static final int IDLE_PER_SECOND = 1_000;

  private static final String RESERVED = "gotalk:";

  private record Notification(String name, byte[] payload) {}

  private final Peer peer;
  private final Requestor requestor;
  private final Operations operations;
  private final Options options;

  /** Requests whose handlers run, answered or not. */
  private final Set<Request> running = new HashSet<>();

  /** Streams whose answer is not complete. */
  private final Map<Integer, Request> streams = new HashMap<>();

  /** The IDs of the latest streams whose answer is complete. */
  private final Map<Integer, Boolean> endedStreams =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Boolean> eldest) {
          return size() > REMEMBERED_STREAMS;
        }
      };

  private final Queue<Notification> notifications = new ArrayDeque<>();
  private boolean handlesNotifications;
  private boolean isStopped;
  private int runningStreams;
  private long heldBytes;
  private double idleAllowance = IDLE_BURST;
  private long lastIdle = System.nanoTime();

  Responder(Peer peer, Requestor requestor, Operations operations) {
    this.peer = peer;
    this.requestor = requestor;
    this.operations = operations;
    this.options = peer.options;
  }

  /** Reads a request, and carries it out or refuses it. */
  void receiveRequest(Message header, Decoder decoder) throws IOException {
    boolean isStream = header.kind() == Kind.STREAM_REQUEST;
    synchronized (this) {
      if (isStream && streams.containsKey(header.id())) throw new Decoder.Fault("stream-id", 2);
    }
    Message refusal = refusal(header, decoder.payloadSize());
    if (refusal != null) {
      decoder.skip();
      if (isStream) remember(header.id());
      peer.writer.add(refusal);
      if (peer.writer.isFlooded()) throw new IOException("The remote peer does not read");
      return;
    }
    var request = new Request(peer, requestor, this, decoder.withPayload(header));
    var thread = new Thread(() -> run(request, header.name()), "gotalk-request");
    thread.setDaemon(true);
    request.runIn(thread);
    synchronized (this) {
      if (isStopped) return;
      running.add(request);
      heldBytes += request.payload().length;
      if (isStream) {
        runningStreams++;
        streams.put(request.id, request);
        endedStreams.remove(request.id);
      }
    }
    thread.start();
    if (isStream && options.streamIdleTimeout > 0) {
      Peer.after(options.streamIdleTimeout, () -> checkIdle(request));
    }
  }

  /** Returns the answer to a request that is not carried out, or null. */
  private Message refusal(Message header, long payloadSize) {
    boolean isStream = header.kind() == Kind.STREAM_REQUEST;
    if (isStream && !options.streams) return error(header.id(), "streams are not accepted");
    boolean isKnown =
        isStream
            ? operations.stream(header.name()) != null
            : operations.single(header.name()) != null;
    if (!isKnown) return error(header.id(), "unknown operation");
    if (payloadSize > options.maxPayload) return error(header.id(), "payload too large");
    int limit = isStream ? options.maxConcurrentStreams : options.maxConcurrentRequests;
    if (limit == 0) return error(header.id(), "requests are not accepted");
    if (peer.isDraining()) return retry(header.id(), "closing");
    boolean isBusy = peer.writer.queuedBytes() > options.maxUnsent;
    synchronized (this) {
      int count = isStream ? runningStreams : running.size() - runningStreams;
      if (!isBusy && count < limit && heldBytes <= MAX_HELD_BYTES) return null;
    }
    return retry(header.id(), "too many requests");
  }

  private static Message error(int id, String text) {
    return Message.part(Kind.ERROR_RESULT, id, text.getBytes(StandardCharsets.UTF_8));
  }

  private Message retry(int id, String text) {
    long wait =
        ThreadLocalRandom.current().nextLong(options.minOverloadWait, options.maxOverloadWait + 1);
    return Message.retry(id, wait, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Runs the handler of a request in its thread. */
  private void run(Request request, byte[] operation) {
    Message answer = carryOut(request, operation);
    request.markReturned();
    try {
      // A request that the remote peer makes once it has read the answer finds room.
      peer.writer.addWhenRoom(
          answer,
          () -> {
            release(request);
            return markAnswered(request);
          });
    } catch (InterruptedException e) {
      // The connection has ended, or the request was cancelled.
    } finally {
      release(request);
      peer.closeIfIdle();
    }
  }

  private Message carryOut(Request request, byte[] operation) {
    try {
      if (request.isStream) {
        operations.stream(operation).handle(request);
        return Message.part(Kind.STREAM_RESULT, request.id, Message.NOTHING);
      }
      byte[] result = operations.single(operation).handle(request);
      return Message.part(Kind.SINGLE_RESULT, request.id, result);
    } catch (OperationException e) {
      return Message.part(Kind.ERROR_RESULT, request.id, e.payload);
    } catch (RetryException e) {
      return Message.retry(request.id, e.wait, e.payload);
    } catch (Throwable e) {
      return error(request.id, "internal error");
    }
  }

  private synchronized void release(Request request) {
    if (!running.remove(request)) return;
    heldBytes -= request.payload().length;
    if (request.isStream) runningStreams--;
  }

  /** Marks an answer as complete, and returns whether it was not. */
  boolean markAnswered(Request request) {
    synchronized (this) {
      if (!request.markAnswered()) return false;
      if (request.isStream) {
        streams.remove(request.id);
        endedStreams.put(request.id, true);
      }
    }
    request.input.drop(new CancelledException());
    return true;
  }

  private synchronized void remember(int streamId) {
    endedStreams.put(streamId, true);
  }

  /** Answers a request that is carried out with an ErrorResult, and stops its handler. */
  private void fail(Request request, String text, IOException reason) {
    if (markAnswered(request)) peer.writer.add(error(request.id, text));
    request.stop(reason);
    peer.closeIfIdle();
  }

  /** Reads a part of a stream. */
  void receivePart(Message header, Decoder decoder) throws IOException {
    Request request;
    synchronized (this) {
      request = streams.get(header.id());
      if (request == null && !endedStreams.containsKey(header.id())) {
        throw new Decoder.Fault("unknown-stream", 2);
      }
    }
    if (request == null || request.input.hasEnded()) {
      decoder.skip();
      countIdle();
    } else if (decoder.payloadSize() == 0) {
      request.input.end(null);
    } else if (decoder.payloadSize() > options.maxPayload) {
      decoder.skip();
      fail(request, "payload too large", new LimitException("The data is too large"));
    } else {
      request.input.add(decoder.withPayload(header).payload());
      request.lastPart = System.nanoTime();
    }
  }

  private void checkIdle(Request request) {
    if (request.isAnswered() || request.input.hasEnded()) return;
    long idle = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - request.lastPart);
    if (idle >= options.streamIdleTimeout) {
      fail(request, "no data for too long", new LimitException("The stream was idle for too long"));
    } else {
      Peer.after(options.streamIdleTimeout - idle, () -> checkIdle(request));
    }
  }

  /** Reads a notification, and has it handled after those before it. */
  void receiveNotification(Message header, Decoder decoder) throws IOException {
    if (decoder.payloadSize() > options.maxPayload) {
      decoder.skip();
      return;
    }
    byte[] payload = decoder.withPayload(header).payload();
    String name = new String(header.name(), StandardCharsets.UTF_8);
    if (name.startsWith(RESERVED)) {
      receiveExtension(name, payload);
      return;
    }
    peer.unread.take(payload);
    synchronized (this) {
      notifications.add(new Notification(name, payload));
      if (handlesNotifications) return;
      handlesNotifications = true;
    }
    Peer.start("gotalk-notifications", this::handleNotifications);
  }

  private void handleNotifications() {
    for (Notification next; (next = nextNotification()) != null; ) {
      try {
        operations.notificationHandler.handle(peer, next.name, next.payload);
      } catch (Throwable e) {
        // A notification has no answer that could report it.
      }
      peer.unread.giveBack(next.payload);
    }
  }

  private synchronized Notification nextNotification() {
    handlesNotifications = !notifications.isEmpty();
    return notifications.poll();
  }

  private void receiveExtension(String name, byte[] payload) throws IOException {
    Request cancelled = null;
    if (name.equals("gotalk:drain")) {
      if (requestor.setRemoteDraining()) return;
    } else if (name.equals("gotalk:cancel") && payload.length >= 4) {
      cancelled = unanswered(Message.id(Arrays.copyOf(payload, 4)));
    }
    if (cancelled == null) {
      countIdle();
    } else {
      fail(cancelled, "cancelled", new CancelledException());
    }
  }

  private synchronized Request unanswered(int id) {
    for (Request request : running) {
      if (request.id == id && !request.isAnswered()) return request;
    }
    return null;
  }

  void receiveHeartbeat(Message heartbeat) throws IOException {
    countIdle();
    operations.heartbeatHandler.handle(peer, heartbeat.load(), heartbeat.number());
  }

  /** Counts a message that achieves nothing, and refuses it far above a normal rate. */
  void countIdle() throws IOException {
    long now = System.nanoTime();
    double earned = (now - lastIdle) * 1e-9 * IDLE_PER_SECOND;
    lastIdle = now;
    idleAllowance = Math.min(idleAllowance + earned, IDLE_BURST) - 1;
    if (idleAllowance < 0) throw new Decoder.Fault("too-many-messages", 2);
  }

  /** Returns whether every answer is complete. */
  synchronized boolean isIdle() {
    return running.stream().allMatch(Request::isAnswered);
  }

  /** Cuts the data of streams; their handlers go on. */
  void cutStreams(IOException reason) {
    List<Request> cut;
    synchronized (this) {
      cut = List.copyOf(streams.values());
    }
    for (Request request : cut) request.input.end(reason);
  }

  /** Stops all handlers of requests. */
  void stop(IOException reason) {
    List<Request> stopped;
    synchronized (this) {
      isStopped = true;
      stopped = List.copyOf(running);
    }
    for (Request request : stopped) request.stop(reason);
  }
}
