package adapter;

import java.util.concurrent.TimeUnit;

/** The end of a period of time. */
final class Deadline {
  private final long end;

  Deadline(long ms) {
    end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
  }

  boolean hasPassed() {
    return System.nanoTime() - end >= 0;
  }

  /** Waits for a notification of a monitor, which the caller owns, but not beyond the end. */
  void await(Object monitor) throws InterruptedException {
    long ms = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    monitor.wait(Math.max(ms, 1));
  }
}
