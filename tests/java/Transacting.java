import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Transactions over several partitions and a group's offsets; every fourth is aborted. */
final class Transacting {
    private final Clients clients;

    Transacting(Clients clients) {
        this.clients = clients;
    }

    void run(String id, String topic, int partitions, int count) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                clients.producer(id, Map.of("transactional.id", id, "linger.ms", 0))) {
            producer.initTransactions();
            for (int i = 0; i < count; i++) {
                transaction(producer, topic, partitions, i);
            }
        }
    }

    private static void transaction(
            KafkaProducer<byte[], byte[]> producer, String topic, int partitions, int number)
            throws Exception {
        producer.beginTransaction();
        for (int partition = 0; partition < partitions; partition++) {
            producer.send(new ProducerRecord<>(topic, partition, null, new byte[100]));
        }
        producer.flush();
        producer.sendOffsetsToTransaction(
                Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(number)),
                new ConsumerGroupMetadata(topic + "-group"));
        if (number % 4 == 3) {
            producer.abortTransaction();
        } else {
            producer.commitTransaction();
        }
    }
}
