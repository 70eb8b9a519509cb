import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A member of a share group, which begins at the topic's end. */
final class Sharing {
    private Sharing() {}

    /** Takes fewer records than are produced, and acknowledges them with the next poll. */
    static void run(Clients clients, Worker worker, String group, String topic)
            throws InterruptedException {
        Map<String, Object> settings = Map.of("group.id", group, "max.poll.records", 5);
        try (KafkaShareConsumer<byte[], byte[]> consumer = new KafkaShareConsumer<>(
                clients.properties(worker.id, settings),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(topic));
            while (worker.isWanted()) {
                consumer.poll(Duration.ofMillis(50));
                Thread.sleep(70);
            }
        }
    }
}
