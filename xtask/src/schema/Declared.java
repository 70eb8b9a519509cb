// What a kafka-clients jar declares in code: for each API its key, name, whether only brokers send
// it, and for each valid version the header versions and the fields of its request and response; and
// each error code. Run by `cargo xtask schema` with the jar on the class path; one line of words for
// each fact.

import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;

public class Declared {
    public static void main(String[] args) throws ReflectiveOperationException {
        for (ApiMessageType api : ApiMessageType.values()) {
            boolean clusterAction = ApiKeys.forId(api.apiKey()).clusterAction;
            System.out.println("api " + api.apiKey() + " " + api.name + " " + clusterAction);
            for (short v = api.lowestSupportedVersion(); v <= api.highestSupportedVersion(true); v++) {
                System.out.println("version " + api.apiKey() + " " + v + " "
                        + api.requestHeaderVersion(v) + " " + api.responseHeaderVersion(v));
                String fact = "field " + api.apiKey() + " " + v;
                fields(fact + " request ", api.requestSchemas()[v]);
                fields(fact + " response ", api.responseSchemas()[v]);
            }
        }
        for (Errors error : Errors.values()) {
            System.out.println("error " + error.code() + " " + error.name());
        }
    }

    private static void fields(String path, Schema schema) throws ReflectiveOperationException {
        for (BoundField field : schema.fields()) {
            if (field.def.type instanceof TaggedFields) {
                System.out.println(path + field.def.name + " TAGGED");
                for (Map.Entry<Integer, Field> tagged : tagged(field.def.type).entrySet()) {
                    field(path + tagged.getKey() + ":", tagged.getValue());
                }
            } else {
                field(path, field.def);
            }
        }
    }

    private static void field(String path, Field field) throws ReflectiveOperationException {
        System.out.println(path + field.name + " " + word(field.type));
        Type type = field.type.isArray() ? field.type.arrayElementType().get() : field.type;
        if (type instanceof Schema) {
            fields(path + field.name + ".", (Schema) type);
        }
    }

    private static String word(Type type) {
        // Before 4.0 no struct's type tells whether it may be null, and any record set's says that it may.
        if (type instanceof Schema) {
            return "STRUCT";
        }
        String nullable = type.isNullable() ? "NULLABLE_" : "";
        String text = type.toString().replaceFirst("NULLABLE_", "");
        if (type.isArray()) {
            // Of what it holds, the text says more.
            String array = text.substring(0, text.indexOf('('));
            return nullable + array + "(" + word(type.arrayElementType().get()) + ")";
        }
        return text.endsWith("RECORDS") ? text : nullable + text;
    }

    // Before 4.0 nothing tells them but the field itself.
    private static Map<Integer, Field> tagged(Type type) throws ReflectiveOperationException {
        java.lang.reflect.Field fields = TaggedFields.class.getDeclaredField("fields");
        fields.setAccessible(true);
        Map<Integer, Field> byTag = new TreeMap<>();
        for (Map.Entry<?, ?> entry : ((Map<?, ?>) fields.get(type)).entrySet()) {
            byTag.put((Integer) entry.getKey(), (Field) entry.getValue());
        }
        return byTag;
    }
}
