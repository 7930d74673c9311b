package gotalk;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The ways in which calls fail. */
@SuppressWarnings("serial")
public final class Failures {
  private Failures() {}

  /** The answer is an ErrorResult. A handler throws this to answer with one. */
  public static final class OperationException extends IOException {
    public final byte[] payload;

    public OperationException(byte[] payload) {
      super(new String(payload, StandardCharsets.UTF_8));
      this.payload = payload;
    }

    public OperationException(String text) {
      this(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** The answer is a RetryResult. A handler throws this to answer with one. */
  public static final class RetryException extends IOException {
    public final long wait;
    public final byte[] payload;

    /**
     * @param wait in milliseconds
     * @throws IllegalArgumentException if it does not fit into 32 bits
     */
    public RetryException(long wait, byte[] payload) {
      super(new String(payload, StandardCharsets.UTF_8));
      if (wait < 0 || wait > 0xffffffffL) {
        throw new IllegalArgumentException("Cannot use a wait of " + wait + " ms");
      }
      this.wait = wait;
      this.payload = payload;
    }
  }

  /** The connection ended before the answer or the data of a stream was complete. */
  public static final class ClosedException extends IOException {
    public ClosedException(String message) {
      super(message);
    }
  }

  /** The answer or data exceeds a limit of the local peer. */
  public static final class LimitException extends IOException {
    public LimitException(String message) {
      super(message);
    }
  }

  /** The call or the request was cancelled. */
  public static final class CancelledException extends IOException {
    public CancelledException() {
      super("cancelled");
    }
  }
}
