import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;

/** Fills a message with values for those fields that a version has, and nulls where it allows them. */
final class Filler {
    /** A value that never differs from the default would be a defect of this program. */
    private static final int TRIES = 1000;

    private final Values values;
    private final Mode mode;
    private final Lengths lengths;
    private final RecordSets records;

    Filler(Values values, Mode mode) {
        this.values = values;
        this.mode = mode;
        this.lengths = new Lengths(values, mode);
        this.records = new RecordSets(values, mode);
    }

    void fill(Message target, Schema schema) {
        Members members = Members.of(target);
        for (BoundField field : schema.fields()) {
            if (field.def.type instanceof TaggedFields section) {
                fillTags(target, members, section);
            } else {
                Members.Member member = members.get(field.def.name);
                member.set(target, value(field.def.type, member.type()));
            }
        }
    }

    private void fillTags(Message target, Members members, TaggedFields section) {
        for (Map.Entry<Integer, Field> tag : Tags.fields(section).entrySet()) {
            if (wantsTag()) {
                fillTag(target, members.get(tag.getValue().name), tag.getValue());
            }
        }
        if (mode == Mode.UNKNOWN_TAGS || mode == Mode.RANDOM && values.below(8) == 0) {
            target.unknownTaggedFields().addAll(Tags.unknown(target.getClass(), values));
        }
    }

    private boolean wantsTag() {
        return mode != Mode.UNTAGGED && (mode.isFull() || values.below(2) == 0);
    }

    private void fillTag(Message target, Members.Member member, Field field) {
        Object byDefault = member.get(target);
        Object value = value(field.type, member.type());
        // Kafka does not write a tagged field that is as it would be without.
        for (int i = 0; mode.isFull() && Objects.equals(value, byDefault); i++) {
            if (i == TRIES) {
                throw new IllegalStateException("always the default: " + field.name);
            }
            value = value(field.type, member.type());
        }
        member.set(target, value);
    }

    private Object value(org.apache.kafka.common.protocol.types.Type type, Type target) {
        if (type.isNullable() && values.wantsNull()) {
            return null;
        }
        return switch (Kind.of(type)) {
            case BOOLEAN -> values.bool();
            case INT8 -> (byte) values.integer(Byte.MIN_VALUE, Byte.MAX_VALUE);
            case INT16 -> (short) values.integer(Short.MIN_VALUE, Short.MAX_VALUE);
            case UINT16 -> (int) values.integer(0, 0xffff);
            case INT32 -> (int) values.integer(Integer.MIN_VALUE, Integer.MAX_VALUE);
            case UINT32 -> values.integer(0, 0xffff_ffffL);
            case INT64 -> values.integer(Long.MIN_VALUE, Long.MAX_VALUE);
            case FLOAT64 -> values.float64();
            case UUID -> values.uuid();
            case STRING -> values.string();
            case BYTES -> target == ByteBuffer.class ? ByteBuffer.wrap(values.bytes()) : values.bytes();
            case RECORDS -> records.any();
            case ARRAY -> array(type.arrayElementType().orElseThrow(), target);
            case STRUCT -> struct((Schema) type, target);
            case TAGS -> throw new IllegalArgumentException("tags within a field");
        };
    }

    private Object array(org.apache.kafka.common.protocol.types.Type element, Type target) {
        @SuppressWarnings("unchecked") // Each element is made for the type that the setter names.
        Collection<Object> array =
                target instanceof Class<?>
                        ? (Collection<Object>) Members.create(target)
                        : new ArrayList<>();
        int length = lengths.enter();
        for (int i = 0; i < length; i++) {
            array.add(value(element, Members.elementType(target)));
        }
        lengths.leave();
        return array;
    }

    private Object struct(Schema schema, Type target) {
        Message struct = (Message) Members.create(target);
        fill(struct, schema);
        return struct;
    }
}
