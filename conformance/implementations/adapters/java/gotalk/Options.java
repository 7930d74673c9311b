package gotalk;

/**
 * Limits of a peer. Sizes are in bytes and times in milliseconds; a time of 0 turns its limit off.
 * Set the fields before a peer gets the options.
 */
public final class Options {
  /** Whether stream requests are accepted. */
  public boolean streams = true;

  public int maxName = Message.MAX_NAME_BYTES;
  public long maxPayload = 16 << 20;

  /** The largest payload that is read and dropped. A larger one ends the connection. */
  public long maxSkip = 64 << 20;

  /** How many requests run at a time. With 0, all are refused for good. */
  public int maxConcurrentRequests = 256;

  public int maxConcurrentStreams = 64;

  /** The range of the wait in a RetryResult for requests beyond a limit. */
  public long minOverloadWait = 50;

  public long maxOverloadWait = 5_000;

  /** Received data that nobody has taken yet. Beyond this, reading stops. */
  public long maxUnread = 8 << 20;

  /** Queued data beyond which requests are refused. */
  public long maxUnsent = 16 << 20;

  public long heartbeatInterval = 15_000;
  public long readTimeout = 45_000;
  public long handshakeTimeout = 5_000;
  public long streamIdleTimeout = 120_000;

  /** The time in which a peer that closes writes what is queued. */
  public long closeTimeout = 5_000;

  /** How long requests in flight may take after the remote peer has ended its direction. */
  public long halfCloseTimeout = 30_000;
}
