package gotalk;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.BooleanSupplier;

/**
 * Writes messages in the order in which they are queued. A separate thread runs it, so that a remote
 * peer that does not read blocks no reader.
 */
final class Writer {
  /** Queued bytes above which {@link #addWhenRoom} waits. */
  private static final long HIGH_WATER_MARK = 1 << 20;

  private static final int MAX_MESSAGES = 1 << 16;
  private static final int OVERHEAD = 64;

  private final Queue<Message> queue = new ArrayDeque<>();
  private long queued;
  private boolean finishing;
  private boolean abandoned;

  /** Queues a message, and returns whether it will be written. */
  synchronized boolean add(Message message) {
    if (finishing) return false;
    queue.add(message);
    queued += message.payload().length + OVERHEAD;
    notifyAll();
    return true;
  }

  /** Waits until there is room, then queues the message if it is still wanted. */
  synchronized boolean addWhenRoom(Message message, BooleanSupplier isWanted)
      throws InterruptedException {
    while (queued > HIGH_WATER_MARK && !finishing) wait();
    return isWanted.getAsBoolean() && add(message);
  }

  /** Returns whether more messages are queued than answers to a remote peer that reads. */
  synchronized boolean isFlooded() {
    return queue.size() > MAX_MESSAGES;
  }

  synchronized long queuedBytes() {
    return queued;
  }

  /** Ends the direction after what is queued. */
  synchronized void finish() {
    finishing = true;
    notifyAll();
  }

  /** Drops what is queued, and ends the direction. */
  synchronized void abandon() {
    finishing = true;
    abandoned = true;
    notifyAll();
  }

  /** Writes the version and then messages until the direction ends. */
  void run(OutputStream out) throws IOException, InterruptedException {
    out.write(Message.VERSION);
    out.flush();
    for (Message message; (message = next(out)) != null; ) {
      out.write(message.header());
      out.write(message.payload());
      written(message);
    }
  }

  /** Returns the next message, or null at the end. Flushes before it waits, and at the end. */
  private Message next(OutputStream out) throws IOException, InterruptedException {
    synchronized (this) {
      if (abandoned) return null;
      if (!queue.isEmpty()) return queue.remove();
    }
    out.flush();
    synchronized (this) {
      while (queue.isEmpty() && !finishing) wait();
      return abandoned ? null : queue.poll();
    }
  }

  private synchronized void written(Message message) {
    queued -= message.payload().length + OVERHEAD;
    notifyAll();
  }
}
