import java.util.Collection;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.*;
import org.apache.kafka.common.record.internal.*;

/**
 * The values of a message in the order of the wire, a line for each: path, kind, value, between tabs.
 *
 * <p>The path is the names of the fields down to it, lower-case without underscores, joined by
 * {@code /}. Values by kind: {@code int} (any width; booleans as 0 and 1), {@code float} (its bits in
 * hexadecimal), {@code uuid} and {@code string} in hexadecimal, {@code bytes} and {@code records} by
 * length, {@code array} by count, {@code struct} (nullable ones only) {@code present}; or {@code null}.
 * A {@code batch} follows its record set for each whole one of magic 2: length, magic, codec, records.
 * {@code tag} goes before the kind of a tagged field's first line; unknown tags are left out.
 *
 * <p>They are those that Kafka's schema reads from the bytes; each is held against what the message
 * was filled with.
 */
final class Trace {
    private static final HexFormat HEX = HexFormat.of();

    private final StringBuilder lines = new StringBuilder();
    /** The next line is the first of a tagged field. */
    private boolean isTagged;

    private Trace() {}

    static String of(Schema schema, Struct wire, Object filled) {
        Trace trace = new Trace();
        trace.fields("", schema, wire, filled);
        return trace.lines.toString();
    }

    private void fields(String prefix, Schema schema, Struct wire, Object filled) {
        Members members = Members.of(filled);
        for (BoundField field : schema.fields()) {
            if (field.def.type instanceof TaggedFields section) {
                tags(prefix, section, (Map<?, ?>) wire.get(field), filled);
            } else {
                Object put = members.get(field.def.name).get(filled);
                value(prefix + Members.plain(field.def.name), field.def.type, wire.get(field), put);
            }
        }
    }

    private void tags(String prefix, TaggedFields section, Map<?, ?> wire, Object filled) {
        for (Map.Entry<?, ?> tag : wire.entrySet()) {
            Field field = Tags.fields(section).get(tag.getKey());
            // Null: not of the schema, but one of those that must be passed over.
            if (field != null) {
                isTagged = true;
                Object put = Members.of(filled).get(field.name).get(filled);
                value(prefix + Members.plain(field.name), field.type, tag.getValue(), put);
            }
        }
    }

    private void value(String path, Type type, Object wire, Object filled) {
        switch (Kind.of(type)) {
            case ARRAY -> array(path, type, (Object[]) wire, (Collection<?>) filled);
            case STRUCT -> struct(path, (Schema) type, (Struct) wire, filled);
            case RECORDS -> records(path, (MemoryRecords) wire, filled);
            default -> scalar(path, Kind.of(type), wire, filled);
        }
    }

    private void array(String path, Type type, Object[] wire, Collection<?> filled) {
        if (wire == null || filled == null) {
            require(wire == null && filled == null, path);
            line(path, "array", "null");
            return;
        }
        require(wire.length == filled.size(), path);
        line(path, "array", wire.length);
        Type element = type.arrayElementType().orElseThrow();
        String prefix = element instanceof Schema ? path + "/" : path;
        Iterator<?> puts = filled.iterator();
        for (Object value : wire) {
            if (element instanceof Schema schema && !schema.isNullable()) {
                fields(prefix, schema, (Struct) value, puts.next());
            } else {
                value(path, element, value, puts.next());
            }
        }
    }

    private void struct(String path, Schema schema, Struct wire, Object filled) {
        require((wire == null) == (filled == null), path);
        if (schema.isNullable()) {
            line(path, "struct", wire == null ? "null" : "present");
        }
        if (wire != null) {
            fields(path + "/", schema, wire, filled);
        }
    }

    private void records(String path, MemoryRecords wire, Object filled) {
        require(wire == null ? filled == null : wire.equals(filled), path);
        line(path, "records", wire == null ? "null" : wire.sizeInBytes());
        if (wire == null) {
            return;
        }
        for (RecordBatch batch : wire.batches()) {
            if (batch.magic() >= RecordBatch.MAGIC_VALUE_V2) {
                int codec = batch.compressionType().id;
                line(path, "batch",
                        batch.sizeInBytes() + "," + batch.magic() + "," + codec + "," + batch.countOrNull());
            }
        }
    }

    private void scalar(String path, Kind kind, Object wire, Object filled) {
        require(Scalars.areEqual(wire, filled), path);
        switch (kind) {
            case STRING -> line(path, "string", wire == null ? "null" : Scalars.hex((String) wire));
            case BYTES -> line(path, "bytes", wire == null ? "null" : Scalars.length(wire));
            case UUID -> line(path, "uuid", Scalars.hex((Uuid) wire));
            case FLOAT64 ->
                line(path, "float", HEX.toHexDigits(Double.doubleToRawLongBits((double) wire)));
            case BOOLEAN -> line(path, "int", (boolean) wire ? 1 : 0);
            default -> line(path, "int", wire);
        }
    }

    private void line(String path, String kind, Object value) {
        lines.append(path).append('\t').append(isTagged ? "tag " : "").append(kind);
        lines.append('\t').append(value).append('\n');
        isTagged = false;
    }

    private static void require(boolean isEqual, String path) {
        if (!isEqual) {
            throw new IllegalStateException("on the wire, " + path + " is not what was filled in");
        }
    }
}
