import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;

/** The tagged fields of a struct. */
final class Tags {
    /** Steps from one unknown tag to the next: at the lengths of its encoding. */
    private static final int[] STEPS = {1, 2, 100, 127, 128, 16_383, 16_384, 1 << 28};

    private Tags() {}

    /** The section at a struct's end, or null where the version has none. */
    static TaggedFields section(Schema schema) {
        BoundField[] fields = schema.fields();
        if (fields.length == 0) {
            return null;
        }
        return fields[fields.length - 1].def.type instanceof TaggedFields section ? section : null;
    }

    /** Those that a section knows, by tag. */
    @SuppressWarnings("unchecked")
    static Map<Integer, Field> fields(TaggedFields section) {
        try {
            // No method says it in every Kafka.
            java.lang.reflect.Field fields = TaggedFields.class.getDeclaredField("fields");
            fields.setAccessible(true);
            return (Map<Integer, Field>) fields.get(section);
        } catch (ReflectiveOperationException notThere) {
            throw new IllegalStateException(notThere);
        }
    }

    /** Some that no version of the struct knows, in ascending order. */
    static List<RawTaggedField> unknown(Class<?> struct, Values values) {
        List<RawTaggedField> tags = new ArrayList<>();
        int tag = last(struct);
        int count = 1 + values.below(3);
        for (int i = 0; i < count; i++) {
            tag += STEPS[values.below(STEPS.length)];
            tags.add(new RawTaggedField(tag, values.bytes()));
        }
        return tags;
    }

    /** The last tag that any version of a generated class knows; -1 if none. */
    private static int last(Class<?> struct) {
        int last = -1;
        for (Schema schema : schemas(struct)) {
            TaggedFields section = schema == null ? null : section(schema);
            if (section != null) {
                last = fields(section).keySet().stream().reduce(last, Math::max);
            }
        }
        return last;
    }

    private static Schema[] schemas(Class<?> struct) {
        try {
            return (Schema[]) struct.getField("SCHEMAS").get(null);
        } catch (ReflectiveOperationException notGenerated) {
            throw new IllegalStateException(struct.getName(), notGenerated);
        }
    }
}
