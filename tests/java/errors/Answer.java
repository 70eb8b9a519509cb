import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;

/** A response: its error codes wherever they stand, and its fields by name. */
final class Answer {
    final String api;
    final int version;
    /** How often each error occurs, by "path.to.field ERROR". */
    final Map<String, Integer> errors = new TreeMap<>();

    private final ApiMessage body;

    Answer(String api, int version, ApiMessage body) throws ReflectiveOperationException {
        this.api = api;
        this.version = version;
        this.body = body;
        collect(body, "");
    }

    /** Whether one of these errors is in it. */
    boolean hasOneOf(String... names) {
        return Arrays.stream(names).anyMatch(name -> errors.keySet().stream().anyMatch(e -> e.endsWith(" " + name)));
    }

    /** A field of the body; a number counts from the start of an array. */
    Object at(String path) throws ReflectiveOperationException {
        Object value = body;
        for (String step : path.split("\\.")) {
            boolean isIndex = Character.isDigit(step.charAt(0));
            value = isIndex
                    ? ((Collection<?>) value).toArray()[Integer.parseInt(step)]
                    : field(value, step);
        }
        return value;
    }

    /** The element of an array whose field has this value; null if none has. */
    Object element(String array, String field, Object wanted) throws ReflectiveOperationException {
        for (Object element : (Collection<?>) at(array)) {
            if (field(element, field).equals(wanted)) {
                return element;
            }
        }
        return null;
    }

    /** A field of a struct; of several names, with '|' between, the first that it has. */
    static Object field(Object struct, String names) throws ReflectiveOperationException {
        for (String name : names.split("\\|")) {
            for (Method method : struct.getClass().getMethods()) {
                if (method.getName().equals(name) && method.getParameterCount() == 0) {
                    return method.invoke(struct);
                }
            }
        }
        throw new NoSuchMethodException(struct.getClass().getName() + " has no " + names);
    }

    private void collect(Object value, String path) throws ReflectiveOperationException {
        if (value instanceof Collection) {
            for (Object element : (Collection<?>) value) {
                collect(element, path);
            }
        } else if (value instanceof Message) {
            collectFields(value, path);
        }
    }

    private void collectFields(Object struct, String path) throws ReflectiveOperationException {
        for (Field declared : struct.getClass().getDeclaredFields()) {
            if (Modifier.isStatic(declared.getModifiers()) || declared.getName().startsWith("_")) {
                continue;
            }
            String name = declared.getName();
            if (name.equals("next") || name.equals("prev")) {
                continue;
            }
            Object value = field(struct, name);
            if (declared.getType() == short.class && name.toLowerCase().endsWith("errorcode")) {
                count(path + name, (Short) value);
            }
            collect(value, path + name + ".");
        }
    }

    private void count(String path, short code) {
        if (code != 0) {
            errors.merge(path + " " + Errors.forCode(code), 1, Integer::sum);
        }
    }

    @Override
    public String toString() {
        return api + " v" + version + " was answered with " + (errors.isEmpty() ? body : errors);
    }
}
