import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;

/**
 * An adapter for an implementation of Gotalk: the conformance suite sends it commands, one on each line, and
 * reads its answers. The page "Adapters" of the suite defines them. Commands that are not written yet are
 * skipped; their cases fail or do not apply. Write to standard error whatever you like to see.
 */
public final class Adapter {
    /** The description of the implementation. Add to the lists what it supports. */
    private static final Map<String, Object> DESCRIPTION = Map.of(
            "implementation", Map.of("name", "my-gotalk", "version", "0.0.0", "language", "java"),
            "roles", Map.of(), // "acceptor", List.of("tcp"), "initiator", List.of("tcp")
            "versions", List.of("01"),
            "operations", List.of(), // the standard operations: "echo", "fail", …
            "limits", Map.of("name", 4095, "payload", 0xffffffffL),
            "features", List.of("codec")); // "streams", "heartbeat", …

    private static final HexFormat HEX = HexFormat.of();
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private Adapter() {}

    /** Thrown if the implementation cannot do something. */
    private static final class Skipped extends Exception {
        Skipped() {
            super("this adapter does not do that yet");
        }
    }

    /** Carries out a command, and returns the answer. */
    private static Map<String, Object> carryOut(String command, Map<?, ?> arguments) throws Exception {
        switch (command) {
            case "start":
                if (!Long.valueOf(1).equals(arguments.get("protocol")))
                    throw new IllegalArgumentException(
                            "protocol is " + arguments.get("protocol") + ", wanted 1");
                return DESCRIPTION;
            case "decode":
                return decode(arguments);
            case "encode":
                return encode((Map<?, ?>) arguments.get("message"));
            case "listen", "connect", "request", "notify", "open-stream", "write", "end", "cancel",
                    "report", "close", "drain", "advance":
                throw new Skipped();
            case "reset": // Close all listeners and connections here.
            case "stop":
                return Map.of();
            default:
                throw new IllegalArgumentException("unknown command " + command);
        }
    }

    private static Map<String, Object> decode(Map<?, ?> arguments) throws Skipped {
        for (String name : List.of("handshake", "end", "limits"))
            if (arguments.containsKey(name)) throw new Skipped();
        var decoder = new Codec.Decoder();
        var messages = new ArrayList<Object>();
        var chunks = (List<?>) arguments.get("chunks");
        for (int chunk = 0; chunk < chunks.size(); chunk++) {
            decoder.push(HEX.parseHex((String) chunks.get(chunk)));
            try {
                for (var each = decoder.next(); each != null; each = decoder.next()) {
                    var message = Map.of("kind", "Heartbeat", "load", each.load(), "time", each.time());
                    messages.add(Map.of("chunk", chunk, "message", message));
                }
            } catch (Codec.Refused refused) {
                var why = Map.of(
                        "chunk", chunk, "reason", refused.getMessage(), "code", Codec.INVALID_MESSAGE);
                return Map.of("messages", messages, "refused", why);
            }
        }
        return Map.of("messages", messages);
    }

    private static Map<String, Object> encode(Map<?, ?> message) throws Skipped {
        if (message == null) throw new Skipped(); // the version itself
        if (!"Heartbeat".equals(message.get("kind")))
            throw new UnsupportedOperationException("cannot write a " + message.get("kind") + " yet");
        try {
            byte[] bytes = Codec.encode((Long) message.get("load"), (Long) message.get("time"));
            return Map.of("bytes", HEX.formatHex(bytes));
        } catch (Codec.Refused refused) {
            return Map.of("refused", Map.of("reason", refused.getMessage()));
        }
    }

    private static void answer(String line) {
        var answer = new LinkedHashMap<String, Object>();
        String command = "";
        try {
            var arguments = (Map<?, ?>) Json.read(line);
            answer.put("seq", arguments.get("seq"));
            command = String.valueOf(arguments.get("command"));
            answer.putAll(carryOut(command, arguments));
        } catch (Skipped skipped) {
            answer.put("skipped", Map.of("reason", skipped.getMessage()));
        } catch (Exception error) {
            answer.putIfAbsent("seq", null);
            answer.put("errored", Map.of("message", error.toString()));
        }
        OUT.println(Json.write(answer));
        if (command.equals("stop")) System.exit(0);
    }

    public static void main(String[] arguments) throws IOException {
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        // A command may wait, so the next one is read before it is answered.
        var threads = Executors.newCachedThreadPool();
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String command = line;
            threads.execute(() -> answer(command));
        }
        threads.shutdown();
    }
}
