import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;

/** What clients sent and received, and how long it took them. */
final class Traffic {
    private long wireBytes;
    private long requests;
    /** From when a record was due until its acknowledgment; empty where nobody asked. */
    private long[] latencies = {};
    /** When the last record was acknowledged, or read. */
    long ended;

    long nanoseconds;

    /** Takes the client's own counts; {@code group} is that of its metrics. */
    static Traffic of(Map<MetricName, ? extends Metric> metrics, String group, long[] latencies) {
        Traffic traffic = new Traffic();
        traffic.ended = System.nanoTime();
        traffic.wireBytes = total(metrics, group, "outgoing-byte-total") + total(metrics, group, "incoming-byte-total");
        traffic.requests = total(metrics, group, "request-total");
        traffic.latencies = latencies;
        return traffic;
    }

    void add(Traffic other) {
        wireBytes += other.wireBytes;
        requests += other.requests;
        ended = Math.max(ended, other.ended);
        int had = latencies.length;
        latencies = Arrays.copyOf(latencies, had + other.latencies.length);
        System.arraycopy(other.latencies, 0, latencies, had, other.latencies.length);
    }

    String json() {
        return String.format(
                Locale.ROOT,
                "{\"wire_bytes\":%d,\"requests\":%d,\"seconds\":%.6f,\"latency_ms\":%s}",
                wireBytes, requests, nanoseconds / 1e9, percentiles());
    }

    private String percentiles() {
        if (latencies.length == 0) {
            return "null";
        }
        Arrays.sort(latencies);
        return String.format(Locale.ROOT, "[%.4f,%.4f,%.4f]", at(0.5), at(0.99), at(0.999));
    }

    /** Milliseconds that this share of the records did not exceed. */
    private double at(double share) {
        int rank = (int) Math.ceil(share * latencies.length);
        return latencies[Math.max(rank, 1) - 1] / 1e6;
    }

    private static long total(Map<MetricName, ? extends Metric> metrics, String group, String name) {
        for (Map.Entry<MetricName, ? extends Metric> entry : metrics.entrySet()) {
            if (entry.getKey().group().equals(group) && entry.getKey().name().equals(name)) {
                return ((Double) entry.getValue().metricValue()).longValue();
            }
        }
        throw new IllegalStateException("no metric " + group + " " + name);
    }
}
