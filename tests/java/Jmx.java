import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * Reads a broker's request metrics: one reading for each line on standard input.
 *
 * <p>A reading is tab-separated lines, then "end":
 * <pre>
 * requests  NAME  VERSION  COUNT      RequestsPerSec
 * errors    NAME  ERROR    COUNT      ErrorsPerSec
 * time      NAME  COUNT    MEAN_MS    TotalTimeMs
 * topic     TOPIC METRIC   COUNT      BytesInPerSec, BytesOutPerSec or MessagesInPerSec
 * followers bytes METRIC   COUNT      ReplicationBytesOutPerSec, of all topics
 * </pre>
 * The mean is that of every request since the broker's start, so count times mean is their sum.
 */
public final class Jmx {
    private static final String REQUEST_METRICS = "kafka.network:type=RequestMetrics,";
    private static final String TOPIC_METRICS = "kafka.server:type=BrokerTopicMetrics,";
    private static final List<String> OF_TOPICS =
            List.of("BytesInPerSec", "BytesOutPerSec", "MessagesInPerSec");

    private final MBeanServerConnection server;
    private final PrintStream out;

    private Jmx(MBeanServerConnection server, PrintStream out) {
        this.server = server;
        this.out = out;
    }

    public static void main(String[] args) throws Exception {
        if (args.length != 1) {
            System.err.println("usage: Jmx PORT");
            System.exit(2);
        }
        JMXServiceURL url =
                new JMXServiceURL("service:jmx:rmi:///jndi/rmi://127.0.0.1:" + args[0] + "/jmxrmi");
        try (JMXConnector connector = JMXConnectorFactory.connect(url)) {
            Jmx jmx = new Jmx(connector.getMBeanServerConnection(), System.out);
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
            while (lines.readLine() != null) {
                jmx.read();
            }
        } catch (IOException gone) {
            System.err.println("the broker's JMX is gone: " + gone.getMessage());
            System.exit(1);
        }
    }

    private void read() throws JMException, IOException {
        for (ObjectName name : names(REQUEST_METRICS + "name=RequestsPerSec,*")) {
            line("requests", name, "request", "version", attributes(name, "Count"));
        }
        for (ObjectName name : names(REQUEST_METRICS + "name=ErrorsPerSec,*")) {
            line("errors", name, "request", "error", attributes(name, "Count"));
        }
        for (ObjectName name : names(REQUEST_METRICS + "name=TotalTimeMs,*")) {
            line("time", name, "request", null, attributes(name, "Count", "Mean"));
        }
        for (ObjectName name : names(TOPIC_METRICS + "topic=*,*")) {
            if (OF_TOPICS.contains(name.getKeyProperty("name"))) {
                line("topic", name, "topic", "name", attributes(name, "Count"));
            }
        }
        for (ObjectName name : names(TOPIC_METRICS + "name=ReplicationBytesOutPerSec")) {
            line("followers\tbytes", name, "name", null, attributes(name, "Count"));
        }
        out.println("end");
        out.flush();
    }

    private Set<ObjectName> names(String pattern) throws JMException, IOException {
        return new TreeSet<>(server.queryNames(new ObjectName(pattern), null));
    }

    /** Null where the bean went between the query and now: brokers drop idle ones. */
    private AttributeList attributes(ObjectName name, String... attributes)
            throws JMException, IOException {
        try {
            return server.getAttributes(name, attributes);
        } catch (InstanceNotFoundException gone) {
            return null;
        }
    }

    private void line(String kind, ObjectName name, String key, String tag, AttributeList values) {
        if (values == null) {
            return;
        }
        StringBuilder line = new StringBuilder(kind).append('\t').append(name.getKeyProperty(key));
        if (tag != null) {
            line.append('\t').append(name.getKeyProperty(tag));
        }
        for (Attribute value : values.asList()) {
            line.append('\t').append(value.getValue());
        }
        out.println(line);
    }
}
