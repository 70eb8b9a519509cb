import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Objects;
import org.apache.kafka.common.Uuid;

/** Values without parts: the same one is of several Java types. */
final class Scalars {
    private static final HexFormat HEX = HexFormat.of();

    private Scalars() {}

    /** Whether a value read is the one filled in. */
    static boolean areEqual(Object wire, Object filled) {
        return Objects.equals(comparable(wire), comparable(filled));
    }

    static int length(Object bytes) {
        return ((ByteBuffer) comparable(bytes)).remaining();
    }

    static String hex(String text) {
        return HEX.formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    static String hex(Uuid id) {
        return HEX.toHexDigits(id.getMostSignificantBits())
                + HEX.toHexDigits(id.getLeastSignificantBits());
    }

    private static Object comparable(Object value) {
        if (value instanceof byte[] bytes) {
            return ByteBuffer.wrap(bytes);
        }
        if (value instanceof Double || !(value instanceof Number)) {
            return value;
        }
        return ((Number) value).longValue();
    }
}
