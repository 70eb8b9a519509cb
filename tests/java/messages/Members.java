import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The fields of a generated class, found by the names its schema gives them. */
final class Members {
    private static final Map<Class<?>, Members> KNOWN = new ConcurrentHashMap<>();

    private final Map<String, Member> members = new HashMap<>();

    /** One field: how it is set and read. */
    record Member(Method setter, Method getter) {
        /** With its elements' type, if it has elements. */
        Type type() {
            return setter.getGenericParameterTypes()[0];
        }

        void set(Object target, Object value) {
            call(setter, target, value);
        }

        Object get(Object target) {
            return call(getter, target);
        }
    }

    private Members(Class<?> type) {
        Map<String, Method> getters = new HashMap<>();
        for (Method method : type.getDeclaredMethods()) {
            if (method.getParameterCount() == 0) {
                getters.put(plain(method.getName()), method);
            }
        }
        for (Method method : type.getDeclaredMethods()) {
            if (method.getParameterCount() == 1 && method.getName().startsWith("set")) {
                String name = plain(method.getName().substring("set".length()));
                members.put(name, new Member(method, getters.get(name)));
            }
        }
    }

    static Members of(Object target) {
        return KNOWN.computeIfAbsent(target.getClass(), Members::new);
    }

    /** A name as schemas, methods and traces agree on it. */
    static String plain(String name) {
        return name.replace("_", "").toLowerCase(Locale.ROOT);
    }

    Member get(String name) {
        Member member = members.get(plain(name));
        if (member == null) {
            throw new IllegalArgumentException("no setter for " + name);
        }
        return member;
    }

    /** A value of a generated class that holds nothing yet. */
    static Object create(Type type) {
        try {
            return ((Class<?>) type).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException(type.getTypeName(), failure);
        }
    }

    /** What a list, or a generated collection, holds. */
    static Type elementType(Type collection) {
        Type generic =
                collection instanceof Class<?> generated
                        ? generated.getGenericSuperclass()
                        : collection;
        return ((ParameterizedType) generic).getActualTypeArguments()[0];
    }

    private static Object call(Method method, Object target, Object... arguments) {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException failure) {
            throw new IllegalStateException(method.toString(), failure.getCause());
        } catch (IllegalAccessException failure) {
            throw new IllegalStateException(method.toString(), failure);
        }
    }
}
