import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;

/** A member whose offsets are part of transactions, every third of which is aborted. */
final class Promising {
    private Promising() {}

    static void run(Clients clients, Worker worker, String group, String topic)
            throws InterruptedException {
        Map<String, Object> reading = Map.of(
                "group.id", group,
                "enable.auto.commit", false,
                "auto.offset.reset", "earliest",
                "max.poll.records", 5);
        try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer(worker.id, reading);
                KafkaProducer<byte[], byte[]> producer = clients.producer(
                        worker.id + "-producer", Map.of("transactional.id", worker.id))) {
            producer.initTransactions();
            consumer.subscribe(List.of(topic));
            for (int round = 0; worker.isWanted(); round++) {
                Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(50))) {
                    offsets.put(
                            new TopicPartition(record.topic(), record.partition()),
                            new OffsetAndMetadata(record.offset() + 1));
                }
                producer.beginTransaction();
                producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                if (round % 3 == 2) {
                    producer.abortTransaction();
                } else {
                    producer.commitTransaction();
                }
                Thread.sleep(70);
            }
        }
    }
}
