package adapter;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** The arguments of a command, or an object in them. */
record Arguments(Map<String, Object> fields) {
  /**
   * Refuses fields that are not listed.
   *
   * @throws IllegalArgumentException if there is another one
   */
  void allow(String... names) {
    for (String name : fields.keySet()) {
      if (!name.equals("seq") && !name.equals("command") && !Arrays.asList(names).contains(name)) {
        throw new IllegalArgumentException("unknown argument " + name);
      }
    }
  }

  boolean has(String name) {
    return fields.containsKey(name);
  }

  String text(String name, String otherwise) {
    return get(name, String.class, otherwise);
  }

  long number(String name, long otherwise) {
    return get(name, Long.class, otherwise);
  }

  boolean flag(String name, boolean otherwise) {
    return get(name, Boolean.class, otherwise);
  }

  byte[] bytes(String name) {
    return HexFormat.of().parseHex(text(name, ""));
  }

  @SuppressWarnings("unchecked")
  List<Object> list(String name) {
    return get(name, List.class, List.of());
  }

  /** Returns an object, or null if there is none. */
  @SuppressWarnings("unchecked")
  Arguments object(String name) {
    Map<String, Object> object = get(name, Map.class, null);
    return object == null ? null : new Arguments(object);
  }

  private <T> T get(String name, Class<T> type, T otherwise) {
    Object value = fields.get(name);
    if (value == null) return otherwise;
    if (type.isInstance(value)) return type.cast(value);
    throw new IllegalArgumentException("Cannot read " + name + ": got " + Json.format(value));
  }
}
