import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Groups that fall behind, one for each protocol named: {@code Lagging HOST:PORT TOPIC PROTOCOL...}.
 *
 * <p>A line of input is a command, answered with {@code ok}: {@code join} lets another member join each
 * group, {@code leave} lets the last one leave, {@code quiet} ends producing and lets all leave. The
 * groups are called after their protocols: classic, consumer (KIP-848), share (KIP-932),
 * and transactional, a classic one that commits in transactions.
 */
public final class Lagging {
    static final int PARTITIONS = 4;
    private static final int COMMIT_INTERVAL_MS = 500;

    private final Clients clients;
    private final String topic;
    private final List<String> protocols;
    private final List<List<Worker>> members = new ArrayList<>();
    private final List<Worker> others = new ArrayList<>();
    private int number;

    private Lagging(String bootstrap, String topic, List<String> protocols) {
        this.clients = new Clients(bootstrap);
        this.topic = topic;
        this.protocols = protocols;
    }

    public static void main(String[] args) throws Exception {
        List<String> protocols = List.of(args).subList(2, args.length);
        Lagging lagging = new Lagging(args[0], args[1], protocols);
        lagging.start();
        BufferedReader input =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            lagging.obey(line);
            System.out.println("ok");
        }
        System.exit(0);
    }

    private void start() throws Exception {
        try (Admin admin = clients.admin("setup")) {
            admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
        }
        others.add(new Worker("producer", this::produce));
        others.add(new Worker("watcher", this::watch));
        others.forEach(Worker::start);
    }

    private void obey(String command) throws InterruptedException {
        switch (command) {
            case "join" -> join();
            case "leave" -> leave();
            case "quiet" -> {
                others.get(0).end();
                while (!members.isEmpty()) {
                    leave();
                }
            }
            default -> throw new IllegalArgumentException(command);
        }
    }

    private void join() {
        number++;
        List<Worker> joining = new ArrayList<>();
        for (String protocol : protocols) {
            String id = protocol + "-" + number;
            joining.add(new Worker(id, switch (protocol) {
                case "share" -> worker -> Sharing.run(clients, worker, protocol, topic);
                case "transactional" -> worker -> Promising.run(clients, worker, protocol, topic);
                default -> worker -> consume(worker, protocol);
            }));
        }
        members.add(joining);
        joining.forEach(Worker::start);
    }

    private void leave() throws InterruptedException {
        for (Worker worker : members.remove(members.size() - 1)) {
            worker.end();
        }
    }

    /** About two hundred records a second, over all partitions. */
    private void produce(Worker worker) throws InterruptedException {
        Map<String, Object> settings = Map.of("linger.ms", 5);
        try (KafkaProducer<byte[], byte[]> producer = clients.producer(worker.id, settings)) {
            for (int i = 0; worker.isWanted(); i++) {
                producer.send(new ProducerRecord<>(topic, i % PARTITIONS, null, new byte[50]));
                Thread.sleep(5);
            }
        }
    }

    /** Reads everything, in no group: to a consumer that keeps up the broker tells how far it is. */
    private void watch(Worker worker) {
        Map<String, Object> settings =
                Map.of("enable.auto.commit", false, "auto.offset.reset", "earliest");
        try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer(worker.id, settings)) {
            consumer.assign(IntStream.range(0, PARTITIONS)
                    .mapToObj(partition -> new TopicPartition(topic, partition))
                    .toList());
            while (worker.isWanted()) {
                consumer.poll(Duration.ofMillis(100));
            }
        }
    }

    /** Too slow for what is produced, and a member that leaves in an orderly way. */
    private void consume(Worker worker, String protocol) throws InterruptedException {
        Map<String, Object> settings = new HashMap<>(Map.of(
                "group.id", protocol,
                "auto.offset.reset", "earliest",
                "auto.commit.interval.ms", COMMIT_INTERVAL_MS,
                "max.poll.records", 5));
        if (protocol.equals("classic")) {
            settings.put("heartbeat.interval.ms", 300);
        } else {
            settings.put("group.protocol", protocol);
        }
        try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer(worker.id, settings)) {
            consumer.subscribe(List.of(topic));
            while (worker.isWanted()) {
                consumer.poll(Duration.ofMillis(50));
                Thread.sleep(70);
            }
        }
    }
}
