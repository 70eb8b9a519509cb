import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** Consumers, in groups and alone, whose other requests queue behind their long polls. */
final class Consuming {
    private static final Duration POLL = Duration.ofMillis(20);

    private final Clients clients;

    Consuming(Clients clients) {
        this.clients = clients;
    }

    /** A member of a group that commits after every poll, by turns waiting for the answer and not. */
    void member(String id, String group, String topic, String protocol, int rounds) {
        Map<String, Object> settings = new HashMap<>(longPolls());
        settings.put("group.id", group);
        settings.put("enable.auto.commit", false);
        settings.put("max.poll.records", 50);
        if (protocol.equals("classic")) {
            settings.put("heartbeat.interval.ms", 300);
        } else {
            settings.put("group.protocol", protocol);
        }
        try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer(id, settings)) {
            consumer.subscribe(List.of(topic));
            for (int round = 0; round < rounds; round++) {
                consumer.poll(POLL);
                Set<TopicPartition> assigned = consumer.assignment();
                if (assigned.isEmpty()) {
                    continue;
                }
                commit(consumer, round);
                consumer.committed(assigned);
                consumer.endOffsets(assigned);
            }
        }
    }

    /** Reads what there is from given partitions, in no group, and asks for offsets and metadata. */
    void assigned(String id, String topic, int partitions, int rounds) {
        Map<String, Object> settings = new HashMap<>(longPolls());
        settings.put("enable.auto.commit", false);
        try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer(id, settings)) {
            List<TopicPartition> all = partitions(topic, partitions);
            consumer.assign(all);
            consumer.seekToBeginning(all);
            for (int round = 0; round < rounds; round++) {
                consumer.poll(POLL);
                consumer.endOffsets(all);
                consumer.beginningOffsets(all);
                consumer.offsetsForTimes(Map.of(all.get(0), 0L));
                consumer.listTopics();
            }
        }
    }

    /** The broker answers when a megabyte is there, which it never is, or after 100 ms. */
    private static Map<String, Object> longPolls() {
        return Map.of(
                "auto.offset.reset", "earliest",
                "fetch.min.bytes", 1 << 20,
                "fetch.max.wait.ms", 100);
    }

    private static void commit(KafkaConsumer<byte[], byte[]> consumer, int round) {
        if (round % 2 == 0) {
            consumer.commitSync();
        } else {
            consumer.commitAsync();
        }
    }

    private static List<TopicPartition> partitions(String topic, int count) {
        return java.util.stream.IntStream.range(0, count)
                .mapToObj(number -> new TopicPartition(topic, number))
                .toList();
    }
}
