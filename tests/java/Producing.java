import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/** Producers that send each record in a request of its own, up to five of them in flight. */
final class Producing {
    private final Clients clients;

    Producing(Clients clients) {
        this.clients = clients;
    }

    /** Sends {@code count} records to partition 0 of the topic and waits until each is answered. */
    void acknowledged(String id, String topic, String acks, boolean idempotent, String codec, int count)
            throws Exception {
        Map<String, Object> settings = Map.of(
                "acks", acks,
                "enable.idempotence", idempotent,
                "compression.type", codec,
                "batch.size", 0,
                "linger.ms", 0,
                "max.in.flight.requests.per.connection", 5);
        try (KafkaProducer<byte[], byte[]> producer = clients.producer(id, settings)) {
            send(producer, topic, count).get();
            producer.flush();
        }
    }

    /**
     * Sends {@code count} records that nobody answers, and waits until the broker has written them:
     * what it has not taken when the connection closes it would never count.
     */
    void unacknowledged(String id, String topic, int count) throws Exception {
        Map<String, Object> settings =
                Map.of("acks", "0", "enable.idempotence", false, "batch.size", 0, "linger.ms", 0);
        try (KafkaProducer<byte[], byte[]> producer = clients.producer(id, settings);
                Admin admin = clients.admin(id + "-watch")) {
            TopicPartition partition = new TopicPartition(topic, 0);
            long end = endOffset(admin, partition) + count;
            send(producer, topic, count).get();
            producer.flush();
            awaitEnd(admin, partition, end);
        }
    }

    private static Future<RecordMetadata> send(
            KafkaProducer<byte[], byte[]> producer, String topic, int count) {
        Future<RecordMetadata> last = null;
        for (int i = 0; i < count; i++) {
            byte[] value = new byte[64 + i % 512];
            last = producer.send(new ProducerRecord<>(topic, 0, null, value));
        }
        return last;
    }

    private static void awaitEnd(Admin admin, TopicPartition partition, long end)
            throws ExecutionException, InterruptedException {
        long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (endOffset(admin, partition) < end) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(partition + " did not reach offset " + end);
            }
            Thread.sleep(50);
        }
    }

    private static long endOffset(Admin admin, TopicPartition partition)
            throws ExecutionException, InterruptedException {
        return admin.listOffsets(Map.of(partition, OffsetSpec.latest()))
                .partitionResult(partition)
                .get()
                .offset();
    }
}
