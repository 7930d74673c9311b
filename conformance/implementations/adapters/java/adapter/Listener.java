package adapter;

import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A listener, and the handles of the connections that it has accepted. */
final class Listener {
  final ServerSocket socket;
  private final List<String> connections = new ArrayList<>();

  Listener(ServerSocket socket) {
    this.socket = socket;
  }

  synchronized void add(String connection) {
    connections.add(connection);
    notifyAll();
  }

  /** Waits for a number of connections. */
  synchronized Map<String, Object> report(long timeout, long wanted) throws InterruptedException {
    var deadline = new Deadline(timeout);
    while (connections.size() < wanted && !deadline.hasPassed()) deadline.await(this);
    return Map.of("connections", List.copyOf(connections));
  }
}
