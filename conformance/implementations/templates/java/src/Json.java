import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads and writes JSON: maps, lists, strings, numbers, which are long if whole, booleans and null. */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** Reads a value. Throws an IllegalArgumentException if the text is not JSON. */
    static Object read(String text) {
        var reader = new Json(text);
        Object value = reader.value();
        reader.skipSpace();
        if (reader.at < text.length()) throw reader.wrong();
        return value;
    }

    /** Writes a value on one line. */
    static String write(Object value) {
        var out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(Object value, StringBuilder out) {
        if (value instanceof Map<?, ?> map) {
            String separator = "{";
            if (map.isEmpty()) out.append('{');
            for (var entry : map.entrySet()) {
                out.append(separator);
                write(entry.getKey(), out);
                out.append(':');
                write(entry.getValue(), out);
                separator = ",";
            }
            out.append('}');
        } else if (value instanceof List<?> list) {
            String separator = "[";
            if (list.isEmpty()) out.append('[');
            for (Object item : list) {
                out.append(separator);
                write(item, out);
                separator = ",";
            }
            out.append(']');
        } else if (value instanceof String string) {
            out.append('"');
            for (char character : string.toCharArray()) {
                if (character == '"' || character == '\\') out.append('\\').append(character);
                else if (character < ' ') out.append(String.format("\\u%04x", (int) character));
                else out.append(character);
            }
            out.append('"');
        } else {
            out.append(value);
        }
    }

    private Object value() {
        if (skip("null")) return null;
        if (skip("true")) return true;
        if (skip("false")) return false;
        if (skip("\"")) return string();
        if (skip("[")) return list();
        if (skip("{")) return map();
        int start = at;
        while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) at++;
        String number = text.substring(start, at);
        if (number.matches("-?\\d+")) return Long.valueOf(number);
        return Double.valueOf(number);
    }

    private List<Object> list() {
        var items = new ArrayList<>();
        if (skip("]")) return items;
        do items.add(value());
        while (skip(","));
        if (!skip("]")) throw wrong();
        return items;
    }

    private Map<String, Object> map() {
        var members = new LinkedHashMap<String, Object>();
        if (skip("}")) return members;
        do {
            if (!skip("\"")) throw wrong();
            String name = string();
            if (!skip(":")) throw wrong();
            members.put(name, value());
        } while (skip(","));
        if (!skip("}")) throw wrong();
        return members;
    }

    /** Reads a string behind its first quote. */
    private String string() {
        var out = new StringBuilder();
        for (char character = take(); character != '"'; character = take()) {
            if (character != '\\') {
                out.append(character);
                continue;
            }
            char name = take();
            int known = "\"\\/bfnrt".indexOf(name);
            if (known >= 0) {
                out.append("\"\\/\b\f\n\r\t".charAt(known));
            } else if (name == 'u' && at + 4 <= text.length()) {
                out.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
                at += 4;
            } else {
                throw wrong();
            }
        }
        return out.toString();
    }

    private char take() {
        if (at >= text.length()) throw wrong();
        return text.charAt(at++);
    }

    private boolean skip(String word) {
        skipSpace();
        if (!text.startsWith(word, at)) return false;
        at += word.length();
        return true;
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
    }

    private IllegalArgumentException wrong() {
        return new IllegalArgumentException("this line is no JSON, at character " + at);
    }
}
