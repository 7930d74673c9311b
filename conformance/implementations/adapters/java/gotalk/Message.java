package gotalk;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A message. Fields that its kind does not have are 0 or empty.
 *
 * @param id the four bytes of the request ID as one number, most significant first
 * @param name the operation, or the name of a notification, in bytes
 * @param number the wait of a RetryResult, the time of a Heartbeat, or the code of a ProtocolError
 */
public record Message(Kind kind, int id, byte[] name, int load, long number, byte[] payload) {
  public static final int MAX_NAME_BYTES = 0xfff;
  public static final byte[] VERSION = "01".getBytes(StandardCharsets.US_ASCII);
  static final byte[] NOTHING = {};

  /** The kinds of messages, with the letter of each and the fields that follow it, in this order. */
  public enum Kind {
    SINGLE_REQUEST('r', true, true, 0, true),
    STREAM_REQUEST('s', true, true, 0, true),
    STREAM_REQUEST_PART('p', true, false, 0, true),
    SINGLE_RESULT('R', true, false, 0, true),
    STREAM_RESULT('S', true, false, 0, true),
    ERROR_RESULT('E', true, false, 0, true),
    RETRY_RESULT('e', true, false, 8, true),
    NOTIFICATION('n', false, true, 0, true),
    HEARTBEAT('h', false, false, 8, false),
    PROTOCOL_ERROR('f', false, false, 8, false);

    final char letter;
    final boolean hasId;
    final boolean hasName;
    final int numberDigits;
    final boolean hasPayload;

    Kind(char letter, boolean hasId, boolean hasName, int numberDigits, boolean hasPayload) {
      this.letter = letter;
      this.hasId = hasId;
      this.hasName = hasName;
      this.numberDigits = numberDigits;
      this.hasPayload = hasPayload;
    }

    /** Returns the kind that begins with this byte, or null. */
    static Kind of(int letter) {
      for (Kind kind : values()) {
        if (kind.letter == letter) return kind;
      }
      return null;
    }
  }

  public static Message request(Kind kind, int id, byte[] operation, byte[] payload) {
    return new Message(kind, id, operation, 0, 0, payload);
  }

  /** Returns a message that has an ID and a payload: a part, or a result other than a RetryResult. */
  public static Message part(Kind kind, int id, byte[] payload) {
    return new Message(kind, id, NOTHING, 0, 0, payload);
  }

  public static Message retry(int id, long wait, byte[] payload) {
    return new Message(Kind.RETRY_RESULT, id, NOTHING, 0, wait, payload);
  }

  public static Message notification(byte[] name, byte[] payload) {
    return new Message(Kind.NOTIFICATION, 0, name, 0, 0, payload);
  }

  public static Message heartbeat(int load, long time) {
    return new Message(Kind.HEARTBEAT, 0, NOTHING, load, time, NOTHING);
  }

  public static Message protocolError(long code) {
    return new Message(Kind.PROTOCOL_ERROR, 0, NOTHING, 0, code, NOTHING);
  }

  /**
   * Returns a name in bytes.
   *
   * @throws IllegalArgumentException if it is too long
   */
  static byte[] name(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > MAX_NAME_BYTES) {
      throw new IllegalArgumentException("Cannot use a name of " + bytes.length + " bytes");
    }
    return bytes;
  }

  /** Returns four bytes of a request ID as a number. */
  public static int id(byte[] bytes) {
    if (bytes.length != 4) {
      throw new IllegalArgumentException("Cannot use a request ID of " + bytes.length + " bytes");
    }
    return bytes[0] << 24 | (bytes[1] & 255) << 16 | (bytes[2] & 255) << 8 | bytes[3] & 255;
  }

  /** Returns the four bytes of a request ID. */
  public static byte[] idBytes(int id) {
    return new byte[] {(byte) (id >> 24), (byte) (id >> 16), (byte) (id >> 8), (byte) id};
  }

  /**
   * Returns the bytes of this message before its payload.
   *
   * @throws IllegalArgumentException if a value does not fit into its field
   */
  public byte[] header() {
    var header = new ByteArrayOutputStream(32 + name.length);
    header.write(kind.letter);
    if (kind.hasId) header.writeBytes(idBytes(id));
    if (kind.hasName) {
      writeHex(header, name.length, 3);
      header.writeBytes(name);
    }
    if (kind == Kind.HEARTBEAT) writeHex(header, load, 4);
    if (kind.numberDigits > 0) writeHex(header, number, kind.numberDigits);
    if (kind.hasPayload) writeHex(header, payload.length, 8);
    return header.toByteArray();
  }

  private static void writeHex(ByteArrayOutputStream to, long number, int digits) {
    if (number < 0 || number >> 4 * digits != 0) {
      throw new IllegalArgumentException("Cannot write " + number + " in " + digits + " digits");
    }
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
      to.write(Character.forDigit((int) (number >> shift) & 15, 16));
    }
  }
}
