import java.util.Locale;

/** Which of an API's two messages; the ordinal is what the stream carries. */
enum Side {
    REQUEST,
    RESPONSE;

    static Side parse(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }
}
