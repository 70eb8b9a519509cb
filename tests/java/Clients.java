import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Makes the clients of a load, all on one bootstrap address. */
final class Clients {
    private final String bootstrap;

    Clients(String bootstrap) {
        this.bootstrap = bootstrap;
    }

    KafkaProducer<byte[], byte[]> producer(String id, Map<String, Object> settings) {
        return new KafkaProducer<>(
                properties(id, settings), new ByteArraySerializer(), new ByteArraySerializer());
    }

    KafkaConsumer<byte[], byte[]> consumer(String id, Map<String, Object> settings) {
        return new KafkaConsumer<>(
                properties(id, settings), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    Admin admin(String id) {
        return Admin.create(properties(id, Map.of()));
    }

    Properties properties(String id, Map<String, Object> settings) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("client.id", id);
        properties.putAll(settings);
        return properties;
    }
}
