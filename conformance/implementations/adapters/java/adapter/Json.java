package adapter;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON as Map, List, String, Long, Double, Boolean and null. Java comes without a parser. */
final class Json {
  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /**
   * @throws IllegalArgumentException if the text is not JSON
   */
  static Object parse(String text) {
    var json = new Json(text);
    Object value = json.value(0);
    if (json.peek() != '\0' || json.at < text.length()) throw json.wrong();
    return value;
  }

  /**
   * @throws IllegalArgumentException if the text is not a JSON object
   */
  @SuppressWarnings("unchecked")
  static Map<String, Object> parseObject(String text) {
    if (parse(text) instanceof Map<?, ?> object) return (Map<String, Object>) object;
    throw new IllegalArgumentException("Cannot parse JSON: it is not an object");
  }

  private Object value(int depth) {
    if (depth > 100) throw wrong();
    return switch (peek()) {
      case '{' -> object(depth);
      case '[' -> list(depth);
      case '"' -> string();
      default -> word();
    };
  }

  private Map<String, Object> object(int depth) {
    var object = new LinkedHashMap<String, Object>();
    at++;
    if (next('}')) return object;
    do {
      if (peek() != '"') throw wrong();
      String key = string();
      if (!next(':')) throw wrong();
      object.put(key, value(depth + 1));
    } while (next(','));
    if (!next('}')) throw wrong();
    return object;
  }

  private List<Object> list(int depth) {
    var list = new ArrayList<Object>();
    at++;
    if (next(']')) return list;
    do {
      list.add(value(depth + 1));
    } while (next(','));
    if (!next(']')) throw wrong();
    return list;
  }

  private String string() {
    var result = new StringBuilder();
    for (at++; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '"') {
        at++;
        return result.toString();
      }
      if (c < ' ') throw wrong();
      if (c == '\\') {
        if (++at == text.length()) throw wrong();
        c = text.charAt(at);
        int escape = "bfnrt\"\\/".indexOf(c);
        if (escape >= 0) {
          c = "\b\f\n\r\t\"\\/".charAt(escape);
        } else if (c == 'u' && at + 4 < text.length()) {
          c = (char) Integer.parseInt(text, at + 1, at + 5, 16);
          at += 4;
        } else {
          throw wrong();
        }
      }
      result.append(c);
    }
    throw wrong();
  }

  private Object word() {
    int start = at;
    while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) at++;
    String word = text.substring(start, at);
    return switch (word) {
      case "true" -> true;
      case "false" -> false;
      case "null" -> null;
      default -> {
        try {
          yield word.matches("-?\\d+") ? (Object) Long.valueOf(word) : Double.valueOf(word);
        } catch (NumberFormatException e) {
          throw wrong();
        }
      }
    };
  }

  /** Skips white space and returns the next character, or NUL at the end. */
  private char peek() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
    return at < text.length() ? text.charAt(at) : '\0';
  }

  private boolean next(char wanted) {
    if (peek() != wanted || at == text.length()) return false;
    at++;
    return true;
  }

  private IllegalArgumentException wrong() {
    return new IllegalArgumentException("Cannot parse JSON at offset " + at);
  }

  static String format(Object value) {
    var text = new StringBuilder();
    format(value, text);
    return text.toString();
  }

  private static void format(Object value, StringBuilder to) {
    if (value instanceof Map<?, ?> object) {
      String comma = "{";
      for (var entry : object.entrySet()) {
        to.append(comma);
        format(entry.getKey(), to);
        to.append(':');
        format(entry.getValue(), to);
        comma = ",";
      }
      to.append(object.isEmpty() ? "{}" : "}");
    } else if (value instanceof Iterable<?> list) {
      String comma = "";
      to.append('[');
      for (Object item : list) {
        to.append(comma);
        format(item, to);
        comma = ",";
      }
      to.append(']');
    } else if (value instanceof String string) {
      formatString(string, to);
    } else {
      to.append(value);
    }
  }

  private static void formatString(String string, StringBuilder to) {
    to.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (c == '"' || c == '\\') {
        to.append('\\').append(c);
      } else if (c < ' ' || Character.isSurrogate(c)) {
        to.append(String.format("\\u%04x", (int) c));
      } else {
        to.append(c);
      }
    }
    to.append('"');
  }
}
