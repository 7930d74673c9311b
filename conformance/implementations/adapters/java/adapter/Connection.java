package adapter;

import gotalk.Operations;
import gotalk.Options;
import gotalk.Peer;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A connection, and what was received on it. */
final class Connection {
  private final List<Object> notes = new ArrayList<>();
  private final List<Object> heartbeats = new ArrayList<>();
  private Peer peer;
  private String failure;

  /** Begins a conversation. */
  void begin(Socket socket, boolean isInitiator, Options options) throws IOException {
    Operations operations =
        StandardOperations.of(this)
            .onHeartbeat((peer, load, time) -> add(heartbeats, Map.of("load", load, "time", time)));
    var begun = new Peer(socket, isInitiator, options, operations);
    synchronized (this) {
      peer = begun;
    }
    begun.opened().thenRun(this::change);
    begun.closed().thenRun(this::change);
  }

  /** Waits until the versions are exchanged, or the connection has ended. */
  synchronized void awaitOpen(Deadline deadline) throws InterruptedException {
    while (!peer.opened().isDone() && !deadline.hasPassed()) deadline.await(this);
  }

  synchronized void close() {
    if (peer != null) peer.close();
  }

  synchronized void fail(IOException e) {
    failure = e.toString();
  }

  synchronized Peer peer() throws IOException {
    if (peer == null) throw new IOException("The connection has failed: " + failure);
    return peer;
  }

  void remember(String name, byte[] payload) {
    add(notes, Map.of("name", name, "payload", Codec.hex(payload)));
  }

  synchronized List<Object> notes() {
    return List.copyOf(notes);
  }

  private synchronized void add(List<Object> list, Object item) {
    list.add(item);
    notifyAll();
  }

  private synchronized void change() {
    notifyAll();
  }

  /** Waits until the connection is closed, or has received as much as is wanted. */
  synchronized Map<String, Object> report(long timeout, long wantedNotes, long wantedHeartbeats)
      throws InterruptedException {
    var deadline = new Deadline(timeout);
    while (!state().equals("closed")
        && (notes.size() < wantedNotes || heartbeats.size() < wantedHeartbeats)
        && !deadline.hasPassed()) {
      deadline.await(this);
    }
    var report = new LinkedHashMap<String, Object>();
    report.put("state", state());
    if (peer != null && peer.code() != null) report.put("code", peer.code());
    String message = peer == null ? failure : peer.message();
    if (message != null) report.put("message", message);
    report.put("notes", List.copyOf(notes));
    report.put("heartbeats", List.copyOf(heartbeats));
    return report;
  }

  private String state() {
    if (peer == null || peer.closed().isDone()) return "closed";
    return peer.isOpen() ? "open" : "connecting";
  }
}
