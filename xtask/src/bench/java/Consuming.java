import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A consumer of all of a topic, in no group. */
final class Consuming {
    private static final Duration POLL = Duration.ofMillis(100);
    /** A consumer at the end of a topic asks again after so long, in milliseconds. */
    private static final int WAIT = 10;

    private Consuming() {}

    /** Reads what producers write at the same time. */
    static Traffic along(Order order) {
        return read(order, 1, 500);
    }

    /** Reads what is there, several times. */
    static Traffic rounds(Order order) {
        long start = System.nanoTime();
        Traffic traffic = read(order, order.number("rounds"), WAIT);
        traffic.nanoseconds = Math.max(traffic.ended - start, 1);
        return traffic;
    }

    private static Traffic read(Order order, int rounds, int wait) {
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", order.text("bootstrap"),
                "enable.auto.commit", false,
                "max.partition.fetch.bytes", 1 << 20,
                "max.poll.records", 10_000,
                "fetch.max.wait.ms", wait);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings, bytes, bytes)) {
            List<TopicPartition> all = partitions(order);
            consumer.assign(all);
            int records = order.number("records");
            for (int round = 0; round < rounds; round++) {
                consumer.seekToBeginning(all);
                readAll(consumer, records);
            }
            return Traffic.of(consumer.metrics(), "consumer-metrics", new long[0]);
        }
    }

    private static void readAll(KafkaConsumer<byte[], byte[]> consumer, int records) {
        long heard = System.nanoTime();
        for (int left = records; left > 0; ) {
            int count = consumer.poll(POLL).count();
            left -= count;
            long now = System.nanoTime();
            if (count > 0) {
                heard = now;
            } else if (now - heard > Producing.PATIENCE * 1_000_000L) {
                throw new IllegalStateException(left + " records do not come");
            }
        }
    }

    private static List<TopicPartition> partitions(Order order) {
        return IntStream.range(0, order.number("partitions"))
                .mapToObj(number -> new TopicPartition(order.topic(), number))
                .toList();
    }
}
