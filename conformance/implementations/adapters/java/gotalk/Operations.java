package gotalk;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * What a peer offers. Names are compared byte by byte. Complete it before a peer uses it; many peers
 * can share one.
 */
public final class Operations {
  /** Carries out a single request, and returns its result. */
  @FunctionalInterface
  public interface Single {
    byte[] handle(Request request) throws Exception;
  }

  /** Carries out a stream request. The answer ends when it returns. */
  @FunctionalInterface
  public interface Stream {
    void handle(Request request) throws Exception;
  }

  /** Handles notifications, one after the other. */
  @FunctionalInterface
  public interface NotificationHandler {
    void handle(Peer peer, String name, byte[] payload) throws Exception;
  }

  /** Receives heartbeats. It must not block. */
  @FunctionalInterface
  public interface HeartbeatHandler {
    void handle(Peer peer, int load, long time);
  }

  private final Map<ByteBuffer, Single> singles = new HashMap<>();
  private final Map<ByteBuffer, Stream> streams = new HashMap<>();
  NotificationHandler notificationHandler = (peer, name, payload) -> {};
  HeartbeatHandler heartbeatHandler = (peer, load, time) -> {};

  public Operations single(String name, Single handler) {
    singles.put(key(name), handler);
    return this;
  }

  public Operations stream(String name, Stream handler) {
    streams.put(key(name), handler);
    return this;
  }

  public Operations onNotification(NotificationHandler handler) {
    notificationHandler = handler;
    return this;
  }

  public Operations onHeartbeat(HeartbeatHandler handler) {
    heartbeatHandler = handler;
    return this;
  }

  Single single(byte[] name) {
    return singles.get(ByteBuffer.wrap(name));
  }

  Stream stream(byte[] name) {
    return streams.get(ByteBuffer.wrap(name));
  }

  private static ByteBuffer key(String name) {
    return ByteBuffer.wrap(name.getBytes(StandardCharsets.UTF_8));
  }
}
