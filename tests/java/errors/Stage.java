import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;

/** A broker, who connects to it, and what every scene needs of it. */
final class Stage {
    /** Who may do everything, and logs in. */
    static final String ADMIN = "admin";
    /** Who may do next to nothing. */
    static final String ALICE = "alice";

    final Tally tally;
    final String plain;
    final String sasl;
    final String controller;

    Stage(String plain, String sasl, String controller, Tally tally) {
        this.plain = plain;
        this.sasl = sasl;
        this.controller = controller;
        this.tally = tally;
    }

    /** A client that may do everything. */
    RawClient anonymous() throws Exception {
        return new RawClient(plain, "raw", tally).greet();
    }

    /** A client that has logged in; a password is the user's name and "-secret". */
    RawClient as(String user) throws Exception {
        RawClient client = RawClient.stranger(sasl, "raw-" + user, tally);
        client.login(user, user + "-secret");
        return client.greet();
    }

    /** Makes topics of one partition, and waits until the broker itself knows them. */
    void topic(String name, String... settings) throws Exception {
        List<Map<String, Object>> configs = new ArrayList<>();
        for (int i = 0; i < settings.length; i += 2) {
            configs.add(Body.of("name", settings[i], "value", settings[i + 1]));
        }
        try (RawClient client = anonymous()) {
            client.ask("CreateTopics", Body.of("timeoutMs", 30_000, "topics", Body.one(
                    "name", name, "numPartitions", 1, "replicationFactor", 1, "configs", configs)));
        }
        try (RawClient client = new RawClient(plain, "raw-wait", tally).greet()) {
            while (!metadata(client, name).errors.isEmpty()) {
                Thread.sleep(20);
            }
        }
    }

    Uuid topicId(RawClient client, String name) throws Exception {
        return (Uuid) metadata(client, name).at("topics.0.topicId");
    }

    private static Answer metadata(RawClient client, String name) throws Exception {
        return client.ask("Metadata", Body.of("topics", Body.one("name", name)));
    }

    /** A Produce request for partition 0 of a topic; up to version 12 topics have names. */
    static Map<String, Object> produce(String topic, int acks, ByteBuffer records) {
        return produce(topic, null, acks, records);
    }

    static Map<String, Object> produce(String topic, String transactionalId, int acks, ByteBuffer records) {
        return Body.of("transactionalId", transactionalId, "acks", acks, "timeoutMs", 10_000,
                "topicData", Body.one("name", topic, "partitionData", Body.one("index", 0, "records", records)));
    }
}
