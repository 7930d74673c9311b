package adapter;

import gotalk.Decoder;
import gotalk.Message;
import gotalk.Message.Kind;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The commands {@code encode} and {@code decode}. */
final class Codec {
  private static final Map<String, Kind> KINDS = new LinkedHashMap<>();
  private static final Map<Kind, String> KIND_NAMES = new EnumMap<>(Kind.class);

  static {
    for (Kind kind : Kind.values()) {
      var name = new StringBuilder();
      for (String word : kind.name().split("_")) {
        name.append(word.charAt(0)).append(word.substring(1).toLowerCase());
      }
      KINDS.put(name.toString(), kind);
      KIND_NAMES.put(kind, name.toString());
    }
  }

  private Codec() {}

  static Map<String, Object> encode(Arguments command) {
    command.allow("version", "message");
    if (!command.text("version", "01").equals("01")) return Adapter.skipped("other versions");
    Arguments fields = command.object("message");
    if (fields == null) return Map.of("bytes", hex(Message.VERSION));
    try {
      Message message = message(fields);
      return Map.of("bytes", hex(message.header()) + hex(message.payload()));
    } catch (IllegalArgumentException e) {
      return Map.of("refused", Map.of("reason", e.getMessage()));
    }
  }

  private static Message message(Arguments fields) {
    Kind kind = KINDS.get(fields.text("kind", ""));
    byte[] payload = fields.bytes("payload");
    long number = fields.number("wait", fields.number("time", fields.number("code", 0)));
    return switch (kind) {
      case SINGLE_REQUEST, STREAM_REQUEST ->
          Message.request(kind, id(fields), fields.bytes("operation"), payload);
      case RETRY_RESULT -> Message.retry(id(fields), number, payload);
      case NOTIFICATION -> Message.notification(fields.bytes("name"), payload);
      case HEARTBEAT -> Message.heartbeat((int) fields.number("load", 0), number);
      case PROTOCOL_ERROR -> Message.protocolError(number);
      default -> Message.part(kind, id(fields), payload);
    };
  }

  private static int id(Arguments fields) {
    return Message.id(fields.bytes("id"));
  }

  static Map<String, Object> decode(Arguments command) throws IOException {
    command.allow("version", "chunks", "handshake", "end", "limits");
    if (!command.text("version", "01").equals("01")) return Adapter.skipped("other versions");
    Arguments limits = command.object("limits");
    long maxName = limits == null ? 4095 : limits.number("name", 4095);
    long maxPayload = limits == null ? 0xffffffffL : limits.number("payload", 0xffffffffL);
    var input = new Chunks(command.list("chunks"), command.flag("end", false));
    var decoder = new Decoder(input, (int) maxName, maxPayload);
    var messages = new ArrayList<Object>();
    var answer = new LinkedHashMap<String, Object>(Map.of("messages", messages));
    try {
      if (command.flag("handshake", false)) decoder.readVersion();
      for (Message message; (message = decoder.read()) != null; ) {
        messages.add(Map.of("chunk", input.chunk, "message", fields(message)));
      }
    } catch (Decoder.Fault fault) {
      answer.put(
          "refused", Map.of("chunk", input.chunk, "reason", fault.reason, "code", fault.code));
    } catch (EOFException e) {
      // The chunks end within a message, but the input goes on.
    }
    return answer;
  }

  private static Map<String, Object> fields(Message message) {
    String kind = KIND_NAMES.get(message.kind());
    String id = hex(Message.idBytes(message.id()));
    String name = hex(message.name());
    String payload = hex(message.payload());
    long number = message.number();
    return switch (message.kind()) {
      case SINGLE_REQUEST, STREAM_REQUEST ->
          Map.of("kind", kind, "id", id, "operation", name, "payload", payload);
      case RETRY_RESULT -> Map.of("kind", kind, "id", id, "wait", number, "payload", payload);
      case NOTIFICATION -> Map.of("kind", kind, "name", name, "payload", payload);
      case HEARTBEAT -> Map.of("kind", kind, "load", message.load(), "time", number);
      case PROTOCOL_ERROR -> Map.of("kind", kind, "code", number);
      default -> Map.of("kind", kind, "id", id, "payload", payload);
    };
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  /** Chunks as a stream that knows which chunk the last byte came from. */
  private static final class Chunks extends InputStream {
    private final List<Object> chunks;
    private final boolean ends;
    private byte[] bytes = {};
    private int next;
    private int at;

    /** The number of the chunk that was read last. */
    int chunk;

    Chunks(List<Object> chunks, boolean ends) {
      this.chunks = chunks;
      this.ends = ends;
    }

    @Override
    public int read() throws IOException {
      while (at == bytes.length) {
        if (next == chunks.size()) {
          // What the end reveals belongs to the last chunk, also if that one is empty.
          if (ends) return -1;
          throw new EOFException();
        }
        bytes = HexFormat.of().parseHex((String) chunks.get(next));
        chunk = next++;
        at = 0;
      }
      return bytes[at++] & 255;
    }
  }
}
