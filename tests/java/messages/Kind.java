import java.util.Locale;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;

/** The types of fields, whatever their encoding and nullability. */
enum Kind {
    BOOLEAN,
    INT8,
    INT16,
    UINT16,
    INT32,
    UINT32,
    INT64,
    FLOAT64,
    UUID,
    STRING,
    BYTES,
    RECORDS,
    ARRAY,
    STRUCT,
    TAGS;

    static Kind of(Type type) {
        if (type instanceof Schema) {
            return STRUCT;
        }
        if (type instanceof TaggedFields) {
            return TAGS;
        }
        if (type.isArray()) {
            return ARRAY;
        }
        // Not by identity: an older Kafka has fewer constants, with the same names.
        String name = type.toString().toUpperCase(Locale.ROOT);
        return valueOf(name.replace("COMPACT_", "").replace("NULLABLE_", ""));
    }
}
