import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A producer: as fast as it can, or so many records a second. */
final class Producing implements Callable<Traffic> {
    /** A broker that does not answer for so long, in milliseconds, has failed. */
    static final int PATIENCE = 20_000;

    private final Order order;
    private final AtomicReference<Exception> failure = new AtomicReference<>();

    Producing(Order order) {
        this.order = order;
    }

    @Override
    public Traffic call() throws Exception {
        int records = order.number("records") / order.number("producers");
        int rate = order.number("rate");
        long[] latencies = new long[rate > 0 ? records : 0];
        ByteArraySerializer bytes = new ByteArraySerializer();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings(), bytes, bytes)) {
            producer.partitionsFor(order.topic());
            send(producer, records, rate, latencies);
            producer.flush();
            check();
            return Traffic.of(producer.metrics(), "producer-metrics", latencies);
        }
    }

    private Map<String, Object> settings() {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", order.text("bootstrap"));
        settings.put("batch.size", order.number("batch"));
        settings.put("linger.ms", order.number("linger"));
        settings.put("max.block.ms", PATIENCE);
        settings.put("request.timeout.ms", PATIENCE);
        settings.put("delivery.timeout.ms", 2 * PATIENCE);
        return settings;
    }

    /** Partitions take turns, each for as many records as fill a batch. */
    private void send(KafkaProducer<byte[], byte[]> producer, int records, int rate, long[] latencies)
            throws Exception {
        int size = order.number("size");
        int partitions = order.number("partitions");
        int turn = Math.max(1, order.number("batch") / size);
        byte[] value = new byte[size];
        new Random(7).nextBytes(value);
        long start = System.nanoTime();
        for (int i = 0; i < records; i++) {
            int number = i;
            // A record that had to wait for its turn was late from when it was due.
            long due = rate > 0 ? start + (long) (i * 1e9 / rate) : 0;
            waitUntil(due);
            check();
            producer.send(new ProducerRecord<>(order.topic(), i / turn % partitions, null, value), (done, failed) -> {
                if (failed != null) {
                    failure.compareAndSet(null, failed);
                } else if (rate > 0) {
                    latencies[number] = System.nanoTime() - due;
                }
            });
        }
    }

    private void check() throws Exception {
        if (failure.get() != null) {
            throw failure.get();
        }
    }

    private static void waitUntil(long due) {
        if (due == 0) {
            return;
        }
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
