package gotalk;

import gotalk.Failures.CancelledException;
import gotalk.Failures.LimitException;
import gotalk.Failures.OperationException;
import gotalk.Failures.RetryException;
import gotalk.Message.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** A request that the local peer has made. */
public final class Call {
  final boolean isStream;
  final byte[] operation;
  final byte[] payload;
  private final Peer peer;
  private final Requestor requestor;
  private final Parts answer;
  private int id;
  private int retries;
  private final ByteArrayOutputStream joined = new ByteArrayOutputStream();
  private boolean opened;
  private boolean ended;
  private boolean settled;

  /** Whether it is made in order to carry out a request of the remote peer. */
  boolean isNeeded;

  Call(
      Peer peer,
      Requestor requestor,
      boolean isStream,
      byte[] operation,
      byte[] payload,
      int retries) {
    this.peer = peer;
    this.requestor = requestor;
    this.isStream = isStream;
    this.operation = operation;
    this.payload = payload;
    this.retries = retries;
    this.answer = new Parts(peer.unread);
  }

  synchronized void setId(int id) {
    this.id = id;
  }

  synchronized int id() {
    return id;
  }

  /**
   * Writes data of a stream. The first data opens the stream. Empty data is not written, and neither
   * is data once the call has settled.
   */
  public void write(byte[] part) throws InterruptedException {
    if (part.length > 0) send(part, false);
  }

  /** Ends the data of a stream. */
  public void end() throws InterruptedException {
    send(Message.NOTHING, true);
  }

  private void send(byte[] part, boolean isEnd) throws InterruptedException {
    boolean opens;
    synchronized (this) {
      if (settled || ended) return;
      opens = !opened;
      opened = true;
      ended = isEnd;
    }
    if (opens) add(Message.request(Kind.STREAM_REQUEST, id(), operation, part));
    if (!opens || isEnd) add(Message.part(Kind.STREAM_REQUEST_PART, id(), part));
  }

  private void add(Message message) throws InterruptedException {
    peer.writer.addWhenRoom(message, () -> !isSettled());
  }

  /**
   * Waits for the next data of the answer, and returns it, or null at the end.
   *
   * @throws OperationException if the answer is an ErrorResult
   * @throws RetryException if the answer is a RetryResult
   * @throws CancelledException after {@link #cancel}
   * @throws Failures.ClosedException if the connection ended first
   * @throws LimitException if the answer exceeds a limit of the local peer
   */
  public byte[] read() throws IOException, InterruptedException {
    return answer.take();
  }

  /**
   * Waits for the whole answer and returns it.
   *
   * @throws IOException as {@link #read} does
   */
  public byte[] result() throws IOException, InterruptedException {
    var result = new ByteArrayOutputStream();
    for (byte[] part; (part = read()) != null; ) result.writeBytes(part);
    return result.toByteArray();
  }

  /** Gives up the call. The remote peer is notified, and its answer is dropped. */
  public void cancel() {
    boolean wasOpened;
    synchronized (this) {
      if (settled) return;
      settled = true;
      wasOpened = opened || !isStream;
    }
    answer.drop(new CancelledException());
    if (wasOpened && requestor.isInFlight(this)) {
      byte[] name = Message.name("gotalk:cancel");
      peer.writer.add(Message.notification(name, Message.idBytes(id())));
    }
  }

  /** Whether this is a stream of which nothing has been written. */
  synchronized boolean isUnopened() {
    return isStream && !opened;
  }

  synchronized boolean isSettled() {
    return settled;
  }

  /** Settles the call as failed. */
  void fail(IOException failure) {
    synchronized (this) {
      if (settled) return;
      settled = true;
    }
    answer.end(failure);
  }

  /** Takes a message of the answer. Called by the reader only. */
  void receive(Message message) {
    byte[] payload = message.payload();
    switch (message.kind()) {
      case STREAM_RESULT -> {
        if (payload.length > 0) {
          receivePart(payload);
        } else {
          settle(joined.toByteArray());
        }
      }
      case SINGLE_RESULT -> settle(payload);
      case ERROR_RESULT -> fail(new OperationException(payload));
      default -> {
        if (retries > 0 && !isSettled()) {
          retries--;
          joined.reset();
          requestor.repeat(this, message.number());
        } else {
          fail(new RetryException(message.number(), payload));
        }
      }
    }
  }

  /** Passes a part on, or keeps it if the answer has to be joined. */
  private void receivePart(byte[] part) {
    if (isSettled()) return;
    if (isStream) {
      answer.add(part);
    } else if (joined.size() + part.length > peer.options.maxPayload) {
      fail(new LimitException("The answer is too large"));
    } else {
      joined.writeBytes(part);
    }
  }

  /** Settles the call with the last data of its answer. */
  private synchronized void settle(byte[] last) {
    if (settled) return;
    settled = true;
    if (last.length > 0) answer.add(last);
    answer.end(null);
  }
}
