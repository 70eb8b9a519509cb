import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** A producer with so many records in flight at most, each partition in its turn. */
final class Writer extends Worker {
    private static final long PAUSE_MS = 10;

    private final KafkaProducer<byte[], byte[]> producer;
    private final String topic;
    private final int partitions;
    private final int inFlight;
    private final Semaphore room;
    private int number;

    Writer(Clients clients, String id, String topic, int partitions, Map<String, Object> settings, int inFlight) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put("linger.ms", 0);
        this.producer = clients.producer(id, all);
        this.topic = topic;
        this.partitions = partitions;
        this.inFlight = inFlight;
        this.room = new Semaphore(inFlight);
    }

    @Override
    void work() throws InterruptedException {
        room.acquire();
        byte[] value = new byte[64 + number % 512];
        producer.send(new ProducerRecord<>(topic, number % partitions, null, value), (metadata, failure) -> {
            if (failure != null) {
                failure.printStackTrace();
                System.exit(1);
            }
            done.incrementAndGet();
            room.release();
        });
        number++;
        Thread.sleep(PAUSE_MS);
    }

    @Override
    void settle() throws InterruptedException {
        room.acquire(inFlight);
        room.release(inFlight);
    }

    @Override
    void close() {
        producer.close();
    }

    @Override
    public String toString() {
        return "the writer of " + topic;
    }
}
