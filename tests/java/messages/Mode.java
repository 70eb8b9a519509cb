import java.util.List;
import org.apache.kafka.common.protocol.types.Schema;

/** What a message is filled with; the ordinal is what the stream carries. */
enum Mode {
    /** Whatever comes, tagged fields and unknown ones now and then. */
    RANDOM,
    /** Null wherever the layout allows it. */
    NULLS,
    /** Strings, bytes, arrays and record sets of length 0, numbers 0. */
    EMPTY,
    /** The ends of the numbers' ranges, long strings, large arrays, all tagged fields. */
    MAXIMAL,
    /** No tagged field on the wire. */
    UNTAGGED,
    /** Every tagged field, with a value that is not its default. */
    TAGGED,
    /** Tagged fields that no schema knows, in every struct. */
    UNKNOWN_TAGS;

    /** Those that a layout has: without a section of tagged fields there are no tags. */
    static List<Mode> of(Schema schema) {
        List<Mode> all = List.of(values());
        return Tags.section(schema) == null ? all.subList(0, TAGGED.ordinal()) : all;
    }

    /** Whether arrays have elements and nullable things are there, so that all they hold is seen. */
    boolean isFull() {
        return this == MAXIMAL || this == TAGGED || this == UNKNOWN_TAGS;
    }
}
