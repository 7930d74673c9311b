package gotalk;

import gotalk.Failures.ClosedException;
import gotalk.Failures.LimitException;
import gotalk.Message.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** Makes requests, and passes answers to their calls. */
final class Requestor {
  /** The shortest pause before a request is repeated, and the least upper bound of a random one. */
  private static final long MIN_PAUSE = 10;

  private final Peer peer;

  /** Calls whose answer is not complete, by their ID; also those that were given up. */
  private final Map<Integer, Call> calls = new HashMap<>();

  /** Calls that wait to be repeated. */
  private final Set<Call> waiting = new HashSet<>();

  private int nextId;
  private boolean isStopped;
  private boolean isRemoteDraining;

  Requestor(Peer peer) {
    this.peer = peer;
  }

  /**
   * @param isNeeded whether the request is made in order to carry out one of the remote peer
   */
  Call call(String operation, byte[] payload, int retries, boolean isNeeded) {
    var call = new Call(peer, this, false, Message.name(operation), payload, retries);
    send(call, isNeeded);
    return call;
  }

  Call openStream(String operation, boolean isNeeded) {
    var call = new Call(peer, this, true, Message.name(operation), Message.NOTHING, 0);
    register(call, isNeeded);
    return call;
  }

  private void send(Call call, boolean isNeeded) {
    if (!register(call, isNeeded)) return;
    peer.writer.add(Message.request(Kind.SINGLE_REQUEST, call.id(), call.operation, call.payload));
  }

  /** Gives a call an ID that no request in flight has, or fails it if the connection takes none. */
  private boolean register(Call call, boolean isNeeded) {
    synchronized (this) {
      if (!isStopped && (isNeeded || !isRemoteDraining)) {
        while (calls.containsKey(nextId)) nextId++;
        call.setId(nextId);
        call.isNeeded = isNeeded;
        calls.put(nextId++, call);
        return true;
      }
    }
    call.fail(new ClosedException("The connection takes no requests"));
    return false;
  }

  /** Repeats a request after a wait, and a little later, so that requests do not return together. */
  void repeat(Call call, long wait) {
    long pause = MIN_PAUSE + ThreadLocalRandom.current().nextLong(MIN_PAUSE + wait / 8);
    boolean isTooLate;
    synchronized (this) {
      isTooLate = isStopped;
      waiting.add(call);
    }
    Peer.after(
        isTooLate ? 0 : wait + pause,
        () -> {
          synchronized (this) {
            waiting.remove(call);
          }
          if (!call.isSettled()) send(call, false);
        });
  }

  /**
   * Reads a message of an answer. An answer that is cut within its payload counts as incomplete.
   *
   * @return whether a call has been waiting for it
   */
  boolean receiveResult(Message header, Decoder decoder) throws IOException {
    boolean isComplete = header.kind() != Kind.STREAM_RESULT || decoder.payloadSize() == 0;
    boolean isTooLarge = decoder.payloadSize() > peer.options.maxPayload;
    Call call;
    synchronized (this) {
      call = calls.get(header.id());
    }
    Message result = header;
    if (call == null || isTooLarge) {
      decoder.skip();
    } else {
      result = decoder.withPayload(header);
    }
    if (call == null) return false;
    if (isComplete) {
      synchronized (this) {
        calls.remove(header.id());
      }
    }
    if (isTooLarge) {
      call.fail(new LimitException("The answer is too large"));
    } else {
      call.receive(result);
    }
    return true;
  }

  /** Notes that the remote peer takes no new requests, and returns whether that is news. */
  boolean setRemoteDraining() {
    boolean isNews;
    List<Call> unopened;
    synchronized (this) {
      isNews = !isRemoteDraining;
      isRemoteDraining = true;
      unopened = new ArrayList<>(calls.values());
      unopened.removeIf(call -> call.isNeeded || !call.isUnopened());
      calls.values().removeAll(unopened);
    }
    for (Call call : unopened) call.fail(new ClosedException("The connection takes no requests"));
    return isNews;
  }

  /** Whether the answer to a call is outstanding, which waits for nothing else. */
  synchronized boolean isInFlight(Call call) {
    return calls.get(call.id()) == call;
  }

  synchronized boolean isIdle() {
    return calls.isEmpty();
  }

  /** Fails all calls, as no answer can arrive any more. */
  void failAll(IOException reason) {
    List<Call> failed;
    synchronized (this) {
      failed = new ArrayList<>(calls.values());
      failed.addAll(waiting);
      calls.clear();
      isStopped = true;
    }
    for (Call call : failed) call.fail(reason);
  }
}
