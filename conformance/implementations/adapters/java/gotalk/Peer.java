package gotalk;

import gotalk.Failures.ClosedException;
import gotalk.Message.Kind;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * One end of a connection. Both ends make requests and answer them.
 *
 * <p>One thread reads, one writes, one handles notifications in their order, and each request that is
 * carried out has a thread. A peer holds no lock while it runs a handler.
 */
public final class Peer {
  /** How long a peer drops input after it has ended its direction. */
  private static final long LINGER = 1_000;

  /** Bytes of a message whose arrival is a sign of life, as a large payload can take long. */
  private static final int PROGRESS = 1 << 16;

  private static final ScheduledThreadPoolExecutor TIMERS = timers();

  final Options options;
  final Writer writer = new Writer();
  final Parts.Budget unread;
  private final boolean isInitiator;
  private final Socket socket;
  private final Requestor requestor = new Requestor(this);
  private final Responder responder;
  private final CompletableFuture<Void> opened = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private boolean isOpen;
  private boolean isEnded;
  private boolean isInputEnded;
  private boolean isDraining;
  private Long code;
  private String message;

  private volatile long lastSign = System.nanoTime();
  private volatile boolean isPaused;
  private volatile boolean hasReadHeartbeat;

  /**
   * Begins a conversation on a connected socket.
   *
   * @param isInitiator whether the local peer has opened the connection
   */
  public Peer(Socket socket, boolean isInitiator, Options options, Operations operations)
      throws IOException {
    this.socket = socket;
    this.isInitiator = isInitiator;
    this.options = options;
    this.unread = new Parts.Budget(options.maxUnread);
    this.responder = new Responder(this, requestor, operations);
    socket.setTcpNoDelay(true);
    start("gotalk-writer", this::write);
    start("gotalk-reader", this::read);
  }

  static Thread start(String name, Runnable task) {
    var thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Runs a short task after a delay. */
  static void after(long ms, Runnable task) {
    TIMERS.schedule(task, ms, TimeUnit.MILLISECONDS);
  }

  private static ScheduledThreadPoolExecutor timers() {
    var timers =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              var thread = new Thread(task, "gotalk-timers");
              thread.setDaemon(true);
              return thread;
            });
    timers.setRemoveOnCancelPolicy(true);
    return timers;
  }

  // What users call.

  /** Completes when the versions are exchanged, or the connection has ended before. */
  public CompletableFuture<Void> opened() {
    return opened;
  }

  /** Completes when the connection has ended, and what was queued is written. */
  public CompletableFuture<Void> closed() {
    return closed;
  }

  public synchronized boolean isOpen() {
    return isOpen;
  }

  /** Returns the code of the ProtocolError that ended the connection, or null. */
  public synchronized Long code() {
    return code;
  }

  /** Returns why the connection ended, or null. */
  public synchronized String message() {
    return message;
  }

  /**
   * Starts a single request.
   *
   * @param retries how often it is repeated if the answer is a RetryResult
   * @throws IllegalArgumentException if the operation is too long
   */
  public Call call(String operation, byte[] payload, int retries) {
    return requestor.call(operation, payload, retries, false);
  }

  /** Opens a stream. Its StreamRequest is written with the first data or the end. */
  public Call openStream(String operation) {
    return requestor.openStream(operation, false);
  }

  /** Sends a notification. */
  public void send(String name, byte[] payload) throws InterruptedException {
    writer.addWhenRoom(Message.notification(Message.name(name), payload), () -> true);
  }

  /** Writes what is queued, and ends the connection. */
  public void close() {
    end(null, "closed", null, true);
  }

  /** Takes no new requests, and closes when none is in flight. */
  public void drain() {
    synchronized (this) {
      isDraining = true;
    }
    var reason = "closing".getBytes(StandardCharsets.UTF_8);
    writer.add(Message.notification(Message.name("gotalk:drain"), reason));
    closeIfIdle();
  }

  // Reading.

  private void read() {
    try {
      var in = new Arrivals(new BufferedInputStream(socket.getInputStream()));
      try {
        readMessages(new Decoder(in, options.maxName, Math.max(options.maxPayload, options.maxSkip)));
      } catch (Decoder.Fault fault) {
        fail(fault.code, fault.reason);
      }
      // Bytes that stay unread would make the system drop what is written last.
      in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      end(null, e.getMessage(), null, false);
    } catch (Throwable e) {
      fail(0, "The reader has failed: " + e);
    }
    closed.join();
    closeSocket();
  }

  private void readMessages(Decoder decoder) throws IOException, InterruptedException {
    if (options.handshakeTimeout > 0) after(options.handshakeTimeout, this::checkHandshake);
    decoder.readVersion();
    open();
    for (Message header; (header = decoder.readHeader()) != null; ) {
      if (isEnded()) return;
      if (header.kind() == Kind.PROTOCOL_ERROR) {
        end(header.number(), "The remote peer ended the connection", null, false);
        return;
      }
      receive(header, decoder);
      lastSign = System.nanoTime();
      if (unread.isExceeded()) {
        isPaused = true;
        unread.awaitRoom();
        lastSign = System.nanoTime();
        isPaused = false;
      }
    }
    endInput();
  }

  private void receive(Message header, Decoder decoder) throws IOException {
    switch (header.kind()) {
      case SINGLE_REQUEST, STREAM_REQUEST -> responder.receiveRequest(header, decoder);
      case STREAM_REQUEST_PART -> responder.receivePart(header, decoder);
      case NOTIFICATION -> responder.receiveNotification(header, decoder);
      case HEARTBEAT -> {
        hasReadHeartbeat = true;
        responder.receiveHeartbeat(header);
      }
      default -> {
        if (!requestor.receiveResult(header, decoder)) responder.countIdle();
        closeIfIdle();
      }
    }
  }

  private void open() {
    synchronized (this) {
      if (isEnded) return;
      isOpen = true;
    }
    lastSign = System.nanoTime();
    if (options.heartbeatInterval > 0) heartbeat();
    if (options.readTimeout > 0) after(options.readTimeout, this::checkSilence);
    opened.complete(null);
  }

  /** The remote peer has ended its direction: nothing more can arrive, but answers are written. */
  private void endInput() {
    var reason = new ClosedException("The remote peer ended the connection");
    synchronized (this) {
      isInputEnded = true;
    }
    requestor.failAll(reason);
    responder.cutStreams(reason);
    closeIfIdle();
    after(options.halfCloseTimeout, () -> end(null, "closed", null, true));
  }

  /** The input, which is a sign of life also within a long message. */
  private final class Arrivals extends FilterInputStream {
    private long bytes;

    Arrivals(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      int read = super.read(to, offset, length);
      bytes += read;
      if (bytes >= PROGRESS) {
        bytes = 0;
        lastSign = System.nanoTime();
      }
      return read;
    }
  }

  // Timers.

  private void heartbeat() {
    if (isEnded()) return;
    writer.add(Message.heartbeat(0, System.currentTimeMillis() / 1000));
    after(options.heartbeatInterval, this::heartbeat);
  }

  private void checkHandshake() {
    if (!isOpen()) fail(3, "The version took too long");
  }

  private void checkSilence() {
    synchronized (this) {
      if (isEnded || isInputEnded) return;
    }
    boolean isArmed = !isPaused && (!isInitiator || hasReadHeartbeat);
    long silence = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastSign);
    if (isArmed && silence >= options.readTimeout) {
      fail(3, "The remote peer is silent");
    } else {
      after(Math.max(options.readTimeout - silence, 10), this::checkSilence);
    }
  }

  // Ending.

  synchronized boolean isEnded() {
    return isEnded;
  }

  synchronized boolean isDraining() {
    return isDraining;
  }

  /** Ends the connection with a ProtocolError. */
  void fail(int code, String reason) {
    end((long) code, reason, Message.protocolError(code), true);
  }

  /** Closes if nothing is in flight and no new requests can follow. */
  void closeIfIdle() {
    synchronized (this) {
      if (!isInputEnded && !isDraining) return;
    }
    if (requestor.isIdle() && responder.isIdle()) end(null, "closed", null, true);
  }

  /**
   * Ends the connection. Only the first call has an effect.
   *
   * @param last the last message that is written, or null
   * @param writes whether what is queued is written first
   */
  private void end(Long code, String message, Message last, boolean writes) {
    synchronized (this) {
      if (isEnded) return;
      isEnded = true;
      this.code = code;
      this.message = message;
    }
    if (last != null) writer.add(last);
    if (writes) {
      writer.finish();
      after(options.closeTimeout, this::closeSocket);
    } else {
      writer.abandon();
      closeSocket();
    }
    var reason = new ClosedException(message);
    requestor.failAll(reason);
    responder.stop(reason);
    opened.complete(null);
  }

  private void write() {
    try {
      writer.run(new BufferedOutputStream(socket.getOutputStream()));
      socket.shutdownOutput();
      after(LINGER, this::closeSocket);
    } catch (IOException | InterruptedException e) {
      end(null, e.getMessage(), null, false);
    } finally {
      closed.complete(null);
    }
  }

  private void closeSocket() {
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed as well as it can be.
    }
  }
}
