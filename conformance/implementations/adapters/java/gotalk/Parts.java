package gotalk;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;

/** The data of one direction of a stream that was received and not taken yet. */
final class Parts {
  /** The unread data of a connection. */
  static final class Budget {
    /** What a part costs in addition to its bytes. */
    private static final int OVERHEAD = 32;

    private final long limit;
    private long used;

    Budget(long limit) {
      this.limit = limit;
    }

    synchronized void take(byte[] part) {
      used += part.length + OVERHEAD;
    }

    synchronized void giveBack(byte[] part) {
      used -= part.length + OVERHEAD;
      notifyAll();
    }

    synchronized boolean isExceeded() {
      return used > limit;
    }

    synchronized void awaitRoom() throws InterruptedException {
      while (used > limit) wait();
    }
  }

  private final Budget budget;
  private final Queue<byte[]> parts = new ArrayDeque<>();
  private boolean ended;
  private IOException failure;

  Parts(Budget budget) {
    this.budget = budget;
  }

  /** Adds a part, unless the data has ended. */
  synchronized void add(byte[] part) {
    if (ended) return;
    budget.take(part);
    parts.add(part);
    notifyAll();
  }

  /** Ends the data, with a failure if it was cut. Only the first call has an effect. */
  synchronized void end(IOException cut) {
    if (ended) return;
    ended = true;
    failure = cut;
    notifyAll();
  }

  /** Ends the data, and drops what was not taken. */
  synchronized void drop(IOException cut) {
    end(cut);
    parts.forEach(budget::giveBack);
    parts.clear();
  }

  synchronized boolean hasEnded() {
    return ended;
  }

  /**
   * Waits for the next part, and returns it, or null at the end.
   *
   * @throws IOException if the data was cut before its end
   */
  synchronized byte[] take() throws IOException, InterruptedException {
    while (parts.isEmpty() && !ended) wait();
    byte[] part = parts.poll();
    if (part != null) budget.giveBack(part);
    if (part == null && failure != null) throw failure;
    return part;
  }
}
