import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;

/** A struct that may be null, which the schemas of older Kafkas do not say: a byte goes before it. */
final class NullableStruct extends Schema {
    private NullableStruct(Schema schema) {
        super(definitions(schema));
    }

    /** The schema of a message with those of its fields nullable that are null by default. */
    static Schema corrected(Schema schema, Message empty) {
        Field[] fields = definitions(schema);
        boolean isCorrect = true;
        for (int i = 0; i < fields.length; i++) {
            if (isOverlooked(fields[i], empty)) {
                isCorrect = false;
                fields[i] = new Field(fields[i].name, new NullableStruct((Schema) fields[i].type));
            }
        }
        return isCorrect ? schema : new Schema(fields);
    }

    private static boolean isOverlooked(Field field, Message empty) {
        return field.type instanceof Schema
                && !field.type.isNullable()
                && Members.of(empty).get(field.name).get(empty) == null;
    }

    private static Field[] definitions(Schema schema) {
        BoundField[] fields = schema.fields();
        return Arrays.stream(fields).map(field -> field.def).toArray(Field[]::new);
    }

    @Override
    public boolean isNullable() {
        return true;
    }

    @Override
    public Struct read(ByteBuffer buffer) {
        return buffer.get() < 0 ? null : super.read(buffer);
    }
}
