import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Kafka's own client, of any version since 0.11: see the README beside this folder. */
final class RoundTrip {
    private static final String TOPIC = System.getenv("TOPIC");
    private static final int COUNT = Integer.parseInt(System.getenv("COUNT"));
    private static final long PATIENCE_MS = 60_000;
    private static final long POLL_MS = 1_000;

    public static void main(String[] args) throws Exception {
        produce();
        consume();
    }

    private static void produce() throws Exception {
        Properties settings = common();
        settings.put("acks", "all");
        if (System.getenv("COMPRESSION") != null) {
            settings.put("compression.type", System.getenv("COMPRESSION"));
        }
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            List<Future<?>> sent = new ArrayList<>();
            for (int number = 0; number < COUNT; number++) {
                sent.add(producer.send(new ProducerRecord<>(TOPIC, String.valueOf(number), "value of record " + number)));
            }
            for (Future<?> future : sent) {
                future.get();
            }
        }
    }

    private static void consume() throws Exception {
        Properties settings = common();
        settings.put("group.id", System.getenv("GROUP"));
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        if (System.getenv("PROTOCOL") != null) {
            settings.put("group.protocol", System.getenv("PROTOCOL"));
        }
        int seen = 0;
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(TOPIC));
            long deadline = System.currentTimeMillis() + PATIENCE_MS;
            while (seen < COUNT && System.currentTimeMillis() < deadline) {
                seen += poll(consumer).count();
            }
            consumer.commitSync();
        }
        if (seen != COUNT) {
            throw new IllegalStateException(seen + " of " + COUNT + " records came back");
        }
    }

    /** No way to poll is in all versions: one came with 2.0, the other went with 4.0. */
    private static ConsumerRecords<?, ?> poll(KafkaConsumer<?, ?> consumer) throws Exception {
        try {
            return (ConsumerRecords<?, ?>) KafkaConsumer.class
                    .getMethod("poll", Duration.class)
                    .invoke(consumer, Duration.ofMillis(POLL_MS));
        } catch (NoSuchMethodException old) {
            return (ConsumerRecords<?, ?>)
                    KafkaConsumer.class.getMethod("poll", long.class).invoke(consumer, POLL_MS);
        }
    }

    private static Properties common() {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", System.getenv("BOOTSTRAP"));
        settings.put("client.id", System.getenv("CLIENT"));
        String mechanism = System.getenv("MECHANISM");
        if (mechanism != null) {
            settings.put("security.protocol", "SASL_PLAINTEXT");
            settings.put("sasl.mechanism", mechanism);
            settings.put("sasl.jaas.config", login(mechanism));
        }
        return settings;
    }

    private static String login(String mechanism) {
        String module = mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
        return "org.apache.kafka.common.security." + module + " required username=\""
                + System.getenv("LOGIN") + "\" password=\"" + System.getenv("PASSWORD") + "\";";
    }
}
