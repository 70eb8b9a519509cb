import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.apache.kafka.common.Uuid;

/** Random values, as a mode wants them; the same from the same seed. */
final class Values {
    /** About the lengths at which a compact length takes one byte more. */
    private static final int[] EDGES = {0, 1, 126, 127, 128, 255, 256};
    private static final double[] EXTREMES = {
        0.0, -0.0, Double.MIN_VALUE, Double.MAX_VALUE, -Double.MAX_VALUE,
        Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY
    };
    /** The first and the number of characters that take one to four bytes. */
    private static final int[][] CHARACTERS = {
        {0x20, 0x5f}, {0x00, 0x80}, {0xa0, 0x760}, {0x4e00, 0x5000}, {0x1f300, 0x500}
    };
    private static final int LONG = 249;
    private static final int LONGER = 1000;
    /** Its length takes three bytes in the compact encoding. */
    private static final int LONGEST = 16_400;

    private final SplittableRandom random;
    private final Mode mode;

    Values(long seed, Mode mode) {
        this.random = new SplittableRandom(seed);
        this.mode = mode;
    }

    /** From 0 to below a limit. */
    int below(int limit) {
        return random.nextInt(limit);
    }

    /** For values of another mode. */
    long seed() {
        return random.nextLong();
    }

    /** Whether what may be null here is. */
    boolean wantsNull() {
        return switch (mode) {
            case NULLS -> true;
            case RANDOM, UNTAGGED -> below(5) == 0;
            default -> false;
        };
    }

    boolean bool() {
        return mode != Mode.EMPTY && random.nextBoolean();
    }

    /** A number of a type with these ends: often a small one, often an end. */
    long integer(long min, long max) {
        if (mode == Mode.EMPTY) {
            return 0;
        }
        if (mode == Mode.MAXIMAL) {
            return random.nextBoolean() ? min : max;
        }
        return switch (below(4)) {
            case 0 -> Math.max(min, Math.min(max, below(142) - 2));
            case 1 -> random.nextBoolean() ? min : max;
            case 2 -> between(min, max);
            // As many bits as may be, or fewer.
            default -> between(0, max >> below(Long.SIZE));
        };
    }

    /** Both ends included. */
    private long between(long min, long max) {
        return max == Long.MAX_VALUE ? random.nextLong() | min : random.nextLong(min, max + 1);
    }

    double float64() {
        if (mode == Mode.EMPTY) {
            return 0;
        }
        boolean isExtreme = mode == Mode.MAXIMAL || below(3) == 0;
        return isExtreme ? EXTREMES[below(EXTREMES.length)] : random.nextDouble(-1e9, 1e9);
    }

    Uuid uuid() {
        if (mode == Mode.EMPTY) {
            return Uuid.ZERO_UUID;
        }
        return mode == Mode.MAXIMAL ? new Uuid(-1, -1) : new Uuid(random.nextLong(), random.nextLong());
    }

    byte[] bytes() {
        byte[] bytes = new byte[length()];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Of any characters, from one byte to four, so long in UTF-8. */
    String string() {
        int length = length();
        ByteArrayOutputStream text = new ByteArrayOutputStream(length);
        while (text.size() < length) {
            int[] range = CHARACTERS[below(CHARACTERS.length)];
            byte[] character =
                    Character.toString(range[0] + below(range[1])).getBytes(StandardCharsets.UTF_8);
            if (text.size() + character.length <= length) {
                text.writeBytes(character);
            }
        }
        return text.toString(StandardCharsets.UTF_8);
    }

    private int length() {
        return switch (mode) {
            case EMPTY -> 0;
            case MAXIMAL -> longLength();
            default -> below(8) == 0 ? EDGES[below(EDGES.length)] : below(40);
        };
    }

    private int longLength() {
        int luck = below(400);
        if (luck == 0) {
            return LONGEST;
        }
        return luck < 40 ? LONG + below(LONGER - LONG + 1) : LONG;
    }
}
