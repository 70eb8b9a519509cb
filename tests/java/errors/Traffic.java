import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** What Kafka's own clients do all day, with every codec. */
final class Traffic {
    private static final int RECORDS = 200;
    private static final int TRANSACTIONS = 8;
    private static final int ROUNDS = 10;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Stage stage;
    private final Clients clients;

    private Traffic(Stage stage) {
        this.stage = stage;
        this.clients = new Clients(stage.plain);
    }

    static void run(Stage stage) throws Exception {
        Traffic traffic = new Traffic(stage);
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            stage.topic("codec-" + codec, "compression.type", codec.equals("none") ? "uncompressed" : codec);
            traffic.produce(codec);
            traffic.consume(codec);
        }
        traffic.tooOld();
        traffic.others();
    }

    /** A consumer that knows nothing of zstd yet; brokers that no longer know such consumers do not ask. */
    private void tooOld() throws Exception {
        try (RawClient client = stage.anonymous()) {
            if (!client.knows("Fetch", 0)) {
                return;
            }
            client.refused("UNSUPPORTED_COMPRESSION_TYPE", "Fetch", 9, Body.of("replicaId", -1, "maxWaitMs", 1,
                    "topics", Body.one("topic", "codec-zstd", "partitions",
                            Body.one("partition", 0, "partitionMaxBytes", 100_000))));
        }
    }

    private void produce(String codec) throws Exception {
        Map<String, Object> settings =
                Map.of("acks", "all", "enable.idempotence", true, "compression.type", codec, "linger.ms", 5);
        try (KafkaProducer<byte[], byte[]> producer = clients.producer("p-" + codec, settings)) {
            for (int i = 0; i < RECORDS; i++) {
                producer.send(new ProducerRecord<>("codec-" + codec, 0, null, ("record " + i).repeat(9).getBytes()));
            }
        }
    }

    private void consume(String codec) {
        Map<String, Object> settings = Map.of("auto.offset.reset", "earliest", "enable.auto.commit", false);
        try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer("c-" + codec, settings)) {
            consumer.assign(List.of(new TopicPartition("codec-" + codec, 0)));
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            for (int count = 0; count < RECORDS; ) {
                count += consumer.poll(Duration.ofMillis(100)).count();
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException(count + " records of " + RECORDS + " with " + codec);
                }
            }
        }
    }

    /** The load's clients, as they are. */
    private void others() throws Exception {
        for (String topic : List.of("unanswered", "ledger")) {
            stage.topic(topic);
        }
        new Producing(clients).unacknowledged("p-zero", "unanswered", RECORDS);
        new Transacting(clients).run("t-1", "ledger", 1, TRANSACTIONS);
        stage.tally.markers("ledger", TRANSACTIONS);
        Consuming consuming = new Consuming(clients);
        consuming.member("c-classic", "readers-classic", "codec-gzip", "classic", ROUNDS);
        try (RawClient client = stage.anonymous()) {
            if (client.knows("ConsumerGroupHeartbeat", 1)) {
                consuming.member("c-consumer", "readers-consumer", "codec-lz4", "consumer", ROUNDS);
            }
        }
    }
}
