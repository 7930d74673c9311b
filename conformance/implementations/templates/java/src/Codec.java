import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The beginning of an implementation, which reads and writes Heartbeats. Write the other kinds here, or call
 * your own implementation in Adapter instead.
 */
final class Codec {
    /** The code of a ProtocolError for bytes that are no message. */
    static final int INVALID_MESSAGE = 2;

    private Codec() {}

    /** A Heartbeat. With the other kinds, a message becomes a sealed interface. */
    record Heartbeat(int load, long time) {}

    /** Thrown for bytes that are refused, and for messages that cannot be written. */
    static final class Refused extends Exception {
        Refused(String reason) {
            super(reason);
        }
    }

    /** Reads messages from bytes that arrive in pieces. */
    static final class Decoder {
        private byte[] bytes = {};

        /** Takes bytes that have arrived. */
        void push(byte[] chunk) {
            var all = new ByteArrayOutputStream();
            all.writeBytes(bytes);
            all.writeBytes(chunk);
            bytes = all.toByteArray();
        }

        /** Returns the next message; null if it is not complete yet. */
        Heartbeat next() throws Refused {
            if (bytes.length == 0) return null;
            if (bytes[0] != 'h') throw new Refused("unknown-kind");
            Long load = number(1, 4);
            Long time = number(5, 8);
            if (time == null) return null;
            bytes = Arrays.copyOfRange(bytes, 13, bytes.length);
            return new Heartbeat(load.intValue(), time);
        }

        /** The number in hexadecimal digits at an offset; null if some are yet to arrive. */
        private Long number(int offset, int digits) throws Refused {
            long number = 0;
            for (int at = offset; at < offset + digits; at++) {
                if (at >= bytes.length) return null;
                // Character.digit knows digits of other scripts, but a byte below 128 is none of them.
                int digit = bytes[at] < 0 ? -1 : Character.digit(bytes[at], 16);
                if (digit < 0) throw new Refused("bad-hex");
                number = number << 4 | digit;
            }
            return number;
        }
    }

    /** Returns the bytes of a Heartbeat. */
    static byte[] encode(long load, long time) throws Refused {
        String text = "h" + hex(load, 4) + hex(time, 8);
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String hex(long number, int digits) throws Refused {
        if (number < 0 || number >> 4 * digits != 0) throw new Refused("out-of-range");
        return String.format("%0" + digits + "x", number);
    }
}
