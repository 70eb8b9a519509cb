import java.util.List;
import java.util.Map;

/** Records of old formats, where the broker still takes them, and fetches that ask for those. */
final class Formats {
    private static final int COUNT = 5;

    private final Stage stage;
    private final RawClient client;

    private Formats(Stage stage, RawClient client) {
        this.stage = stage;
        this.client = client;
    }

    static void run(Stage stage) throws Exception {
        try (RawClient client = stage.anonymous()) {
            if (!client.knows("Produce", 0)) {
                return;
            }
            Formats formats = new Formats(stage, client);
            formats.produced(0, 0);
            formats.produced(1, 0);
            formats.produced(2, 1);
            formats.fetched();
        }
    }

    /** Each codec in a version of Produce that has this magic. */
    private void produced(int version, int magic) throws Exception {
        String topic = "magic-" + magic + "-v" + version;
        stage.topic(topic);
        for (int codec : new int[] {MessageSet.NONE, MessageSet.GZIP, MessageSet.SNAPPY}) {
            Answer answer = client.ask("Produce", version, Body.of("acks", 1, "timeoutMs", 10_000, "topicData",
                    Body.one("name", topic, "partitionData", Body.one(
                            "index", 0, "records", MessageSet.of(magic, codec, COUNT)))));
            if (!answer.errors.isEmpty()) {
                stage.tally.failed("codec " + codec + ": " + answer);
            }
        }
    }

    /** The log has magic 2: the broker converts what it answers with. */
    private void fetched() throws Exception {
        String topic = "converted";
        stage.topic(topic);
        client.ask("Produce", 8, Stage.produce(topic, 1, new Batch().of(100)));
        for (int version : new int[] {0, 1, 2, 3, 4}) {
            Map<String, Object> partition = Body.of("partition", 0, "partitionMaxBytes", 100_000);
            Map<String, Object> request = Body.of("replicaId", -1, "maxWaitMs", 10, "minBytes", 1, "topics",
                    Body.one("topic", topic, "partitions", List.of(partition)));
            client.ask("Fetch", version, request);
        }
    }
}
