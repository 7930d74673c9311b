package gotalk;

import gotalk.Message.Kind;
import java.io.IOException;
import java.io.InputStream;

/** Reads the version and messages of one direction of a conversation. */
public final class Decoder {
  /** Thrown for bytes that are not Gotalk, with the code of the ProtocolError that reports them. */
  @SuppressWarnings("serial")
  public static final class Fault extends IOException {
    public final String reason;
    public final int code;

    Fault(String reason, int code) {
      super(reason);
      this.reason = reason;
      this.code = code;
    }
  }

  private final InputStream input;
  private final int maxName;
  private final long maxPayload;
  private long payloadSize;

  /**
   * @param input where bytes come from; it need not be buffered
   * @param maxName the largest name that is accepted, in bytes
   * @param maxPayload the largest size of a payload that is accepted, also by {@link #skip}
   */
  public Decoder(InputStream input, int maxName, long maxPayload) {
    this.input = input;
    this.maxName = maxName;
    this.maxPayload = maxPayload;
  }

  /** Reads the version, and refuses any but 01. */
  public void readVersion() throws IOException {
    int version = 0;
    for (int i = 0; i < 2; i++) {
      int digit = hexDigit(readByte());
      if (digit < 0) throw new Fault("not-a-version", 1);
      version = version << 4 | digit;
    }
    if (version != 1) throw new Fault("unsupported-version", 1);
  }

  /** Reads a message, or returns null at the end of the conversation. */
  public Message read() throws IOException {
    Message header = readHeader();
    return header == null ? null : withPayload(header);
  }

  /**
   * Reads a message without its payload, or returns null at the end of the conversation. Before the
   * next one, call {@link #withPayload} or {@link #skip}.
   */
  public Message readHeader() throws IOException {
    int letter = input.read();
    if (letter < 0) return null;
    Kind kind = Kind.of(letter);
    if (kind == null) throw new Fault("unknown-kind", 2);
    int id = kind.hasId ? Message.id(readBytes(4)) : 0;
    byte[] name = kind.hasName ? readName() : Message.NOTHING;
    int load = kind == Kind.HEARTBEAT ? (int) readHex(4) : 0;
    long number = kind.numberDigits > 0 ? readHex(kind.numberDigits) : 0;
    payloadSize = kind.hasPayload ? readHex(8) : 0;
    if (payloadSize > maxPayload) throw new Fault("over-limit", 2);
    return new Message(kind, id, name, load, number, Message.NOTHING);
  }

  /** Returns the announced size of the payload that follows the header that was read last. */
  public long payloadSize() {
    return payloadSize;
  }

  /** Reads the payload of a message. */
  public Message withPayload(Message header) throws IOException {
    if (payloadSize == 0) return header;
    byte[] payload = readBytes(payloadSize);
    return new Message(
        header.kind(), header.id(), header.name(), header.load(), header.number(), payload);
  }

  /** Reads the payload of a message and drops it. */
  public void skip() throws IOException {
    byte[] buffer = new byte[(int) Math.min(payloadSize, 8192)];
    for (long left = payloadSize; left > 0; ) {
      int read = input.read(buffer, 0, (int) Math.min(left, buffer.length));
      if (read < 0) throw truncated();
      left -= read;
    }
  }

  private byte[] readName() throws IOException {
    int size = (int) readHex(3);
    if (size > maxName) throw new Fault("over-limit", 2);
    return readBytes(size);
  }

  private long readHex(int digits) throws IOException {
    long number = 0;
    for (int i = 0; i < digits; i++) {
      int digit = hexDigit(readByte());
      if (digit < 0) throw new Fault("bad-hex", 2);
      number = number << 4 | digit;
    }
    return number;
  }

  private int readByte() throws IOException {
    int read = input.read();
    if (read < 0) throw truncated();
    return read;
  }

  /** Reads a number of bytes. The memory for them grows as they arrive. */
  private byte[] readBytes(long size) throws IOException {
    byte[] bytes = input.readNBytes((int) Math.min(size, Integer.MAX_VALUE));
    if (bytes.length < size) throw truncated();
    return bytes;
  }

  private static int hexDigit(int letter) {
    return letter < 128 ? Character.digit(letter, 16) : -1;
  }

  private static Fault truncated() {
    return new Fault("truncated", 2);
  }
}
