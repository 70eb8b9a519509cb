import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.ByteBufferAccessor;

/**
 * Fields by name in; one of Kafka's generated message classes, filled, out. Fields that are not
 * named keep the defaults of the schema. Reflection, since the classes differ between versions.
 */
final class Body {
    private Body() {}

    /** Names and values by turns. A name may be several with '|' between: the first that exists. */
    static Map<String, Object> of(Object... namesAndValues) {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return fields;
    }

    /** An array of structs with one of them. */
    static List<Map<String, Object>> one(Object... namesAndValues) {
        return List.of(of(namesAndValues));
    }

    static void fill(Object message, Map<String, Object> fields) throws ReflectiveOperationException {
        for (Map.Entry<String, Object> field : fields.entrySet()) {
            Method setter = setter(message, field.getKey());
            Type type = setter.getGenericParameterTypes()[0];
            setter.invoke(message, value(field.getValue(), setter.getParameterTypes()[0], type));
        }
    }

    private static Method setter(Object message, String names) throws NoSuchMethodException {
        for (String name : names.split("\\|")) {
            String wanted = "set" + Character.toUpperCase(name.charAt(0)) + name.substring(1);
            for (Method method : message.getClass().getMethods()) {
                if (method.getName().equals(wanted) && method.getParameterCount() == 1) {
                    return method;
                }
            }
        }
        throw new NoSuchMethodException(message.getClass().getName() + " has no " + names);
    }

    private static Object value(Object given, Class<?> wanted, Type type)
            throws ReflectiveOperationException {
        if (given instanceof Number) {
            return number((Number) given, wanted);
        }
        if (given instanceof byte[] && wanted == ByteBuffer.class) {
            return ByteBuffer.wrap((byte[]) given);
        }
        if (given instanceof ByteBuffer && wanted != ByteBuffer.class) {
            ByteBuffer records = ((ByteBuffer) given).duplicate();
            return new ByteBufferAccessor(records).readRecords(records.remaining());
        }
        if (given instanceof Map) {
            return struct(given, wanted);
        }
        return given instanceof List ? elements((List<?>) given, wanted, type) : given;
    }

    private static Object number(Number given, Class<?> wanted) {
        if (wanted == byte.class) {
            return given.byteValue();
        }
        if (wanted == short.class || wanted == Short.class) {
            return given.shortValue();
        }
        if (wanted == long.class || wanted == Long.class) {
            return given.longValue();
        }
        return wanted == double.class ? (Object) given.doubleValue() : (Object) given.intValue();
    }

    @SuppressWarnings("unchecked")
    private static Object struct(Object given, Class<?> wanted) throws ReflectiveOperationException {
        Object struct = wanted.getConstructor().newInstance();
        fill(struct, (Map<String, Object>) given);
        return struct;
    }

    /** The generated classes have lists, and collections of their own that are also maps. */
    private static Object elements(List<?> given, Class<?> wanted, Type type)
            throws ReflectiveOperationException {
        boolean isList = wanted == List.class;
        Type generic = isList ? type : wanted.getGenericSuperclass();
        Class<?> element = (Class<?>) ((ParameterizedType) generic).getActualTypeArguments()[0];
        Class<?> plain = element == Byte.class ? byte.class : element;
        Collection<Object> all = isList ? new ArrayList<>() : collection(wanted);
        for (Object one : given) {
            all.add(value(one, plain, element));
        }
        return all;
    }

    @SuppressWarnings("unchecked")
    private static Collection<Object> collection(Class<?> wanted) throws ReflectiveOperationException {
        return (Collection<Object>) wanted.getConstructor().newInstance();
    }
}
