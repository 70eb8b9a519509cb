import java.util.HashMap;
import java.util.Map;

/** A command: its verb, and {@code name=value} words. */
record Order(String verb, Map<String, String> words) {
    static Order parse(String line) {
        String[] parts = line.trim().split(" ");
        Map<String, String> words = new HashMap<>();
        for (int i = 1; i < parts.length; i++) {
            int sign = parts[i].indexOf('=');
            words.put(parts[i].substring(0, sign), parts[i].substring(sign + 1));
        }
        return new Order(parts[0], words);
    }

    String text(String name) {
        String value = words.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no " + name + " in " + this);
        }
        return value;
    }

    int number(String name) {
        return Integer.parseInt(text(name));
    }

    String topic() {
        return text("topic");
    }
}
