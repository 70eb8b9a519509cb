import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the raw clients were answered, as an oracle of its own, and what the broker should have
 * refused but did not.
 *
 * <p>Printed as tab-separated lines:
 * <pre>
 * answered    API  PATH  ERROR  COUNT    an error in a response that a raw client read
 * login       API  PATH  ERROR  COUNT    the same, before or while it logged in
 * unsent      API  ERROR  COUNT          an error that the broker has counted, but not answered
 * markers     TOPIC  COUNT               transaction markers that the broker appends by itself
 * unappended  TOPIC  BYTES  RECORDS      produced without an error in the answer, but not appended
 * </pre>
 */
final class Tally {
    private final Map<String, Long> lines = new TreeMap<>();
    private final List<String> failures = new ArrayList<>();

    synchronized Answer take(Answer answer, boolean isLogin) {
        String kind = isLogin ? "login\t" : "answered\t";
        answer.errors.forEach((error, count) ->
                add(kind + answer.api + "\t" + error.replace(' ', '\t'), count));
        return answer;
    }

    /** Notes a failure unless one of the errors is in the answer. */
    synchronized Answer shows(Answer answer, String... errors) {
        if (!answer.hasOneOf(errors)) {
            failures.add("no " + Arrays.toString(errors) + ": " + answer);
        }
        return answer;
    }

    synchronized void unsent(String api, String error) {
        add("unsent\t" + api + "\t" + error, 1);
    }

    synchronized void markers(String topic, int count) {
        add("markers\t" + topic, count);
    }

    /** Once for a topic. */
    synchronized void unappended(String topic, int bytes, int records) {
        add("unappended\t" + topic + "\t" + bytes, records);
    }

    synchronized void failed(String what) {
        failures.add(what);
    }

    /** Prints the lines, and fails if something failed. */
    synchronized void print(PrintStream out) {
        lines.forEach((line, count) -> out.println(line + "\t" + count));
        if (!failures.isEmpty()) {
            throw new IllegalStateException(String.join("\n", failures));
        }
    }

    private void add(String line, long count) {
        lines.merge(line, count, Long::sum);
    }
}
