import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** A consumer in a group, which commits as it goes. */
final class Reader extends Worker {
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final String topic;

    Reader(Clients clients, String id, String topic, Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put("auto.offset.reset", "earliest");
        all.put("enable.auto.commit", false);
        this.consumer = clients.consumer(id, all);
        this.topic = topic;
        consumer.subscribe(List.of(topic));
    }

    @Override
    void work() {
        int count = consumer.poll(Duration.ofMillis(100)).count();
        if (count > 0) {
            consumer.commitAsync();
            done.addAndGet(count);
        }
    }

    @Override
    void settle() {
        // What it still awaits nobody reads; the broker answers it all the same.
    }

    @Override
    void close() {
        // An answer that finds no reader would be counted where nobody sees it.
        while (consumer.poll(Duration.ofSeconds(1)).count() > 0) {
            consumer.commitAsync();
        }
        consumer.close();
    }

    @Override
    public String toString() {
        return "the reader of " + topic;
    }
}
