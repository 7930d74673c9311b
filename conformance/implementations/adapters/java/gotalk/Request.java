package gotalk;

import gotalk.Failures.CancelledException;
import gotalk.Message.Kind;
import java.io.IOException;

/** A request of the remote peer while a handler carries it out. */
public final class Request {
  final int id;
  final boolean isStream;
  final Parts input;
  private final Peer peer;
  private final Requestor requestor;
  private final Responder responder;
  private final byte[] payload;
  private Thread thread;
  private boolean answered;
  private boolean returned;
  volatile long lastPart = System.nanoTime();

  Request(Peer peer, Requestor requestor, Responder responder, Message message) {
    this.peer = peer;
    this.requestor = requestor;
    this.responder = responder;
    this.id = message.id();
    this.isStream = message.kind() == Kind.STREAM_REQUEST;
    this.payload = isStream ? Message.NOTHING : message.payload();
    this.input = new Parts(peer.unread);
    if (isStream && message.payload().length > 0) input.add(message.payload());
  }

  /** The peer that received the request. */
  public Peer peer() {
    return peer;
  }

  /** The payload of a single request. */
  public byte[] payload() {
    return payload;
  }

  /**
   * Waits for the next data of a stream request, and returns it, or null at the end.
   *
   * @throws IOException if the data was cut before its end
   */
  public byte[] read() throws IOException, InterruptedException {
    return input.take();
  }

  /** Writes a part of the answer to a stream request. Empty data is not written. */
  public void write(byte[] part) throws IOException, InterruptedException {
    if (part.length == 0) return;
    var message = Message.part(Kind.STREAM_RESULT, id, part);
    if (!peer.writer.addWhenRoom(message, () -> !isAnswered())) throw new CancelledException();
  }

  /** Answers a single request before its handler returns. */
  public void answer(byte[] result) throws InterruptedException {
    var message = Message.part(Kind.SINGLE_RESULT, id, result);
    peer.writer.addWhenRoom(message, () -> responder.markAnswered(this));
  }

  /** Starts a single request that is needed to carry out this one, even if the remote peer drains. */
  public Call call(String operation, byte[] payload) {
    return requestor.call(operation, payload, 0, true);
  }

  /** Opens a stream that is needed to carry out this one, even if the remote peer drains. */
  public Call openStream(String operation) {
    return requestor.openStream(operation, true);
  }

  synchronized boolean isAnswered() {
    return answered;
  }

  /** Marks the answer as complete, and returns whether it was not. */
  synchronized boolean markAnswered() {
    boolean first = !answered;
    answered = true;
    return first;
  }

  synchronized void runIn(Thread thread) {
    this.thread = thread;
  }

  /** Cuts the data, if it has not ended, and interrupts the handler. */
  void stop(IOException reason) {
    input.end(reason);
    synchronized (this) {
      if (!returned) thread.interrupt();
    }
  }

  synchronized void markReturned() {
    returned = true;
  }
}
