import java.nio.ByteBuffer;
import java.util.Map;
import org.apache.kafka.common.Uuid;

/** Records that a broker does not append, and offsets that it does not have. */
final class Records {
    /** Topics have names in it, and clients of every version speak it. */
    private static final int PRODUCE = 8;
    private static final int FETCH = 11;
    private static final String TOPIC = "records";
    private static final String ABSENT = "absent";

    private final Stage stage;
    private final RawClient client;

    private Records(Stage stage, RawClient client) {
        this.stage = stage;
        this.client = client;
    }

    static void run(Stage stage) throws Exception {
        stage.topic(TOPIC);
        stage.topic("small", "max.message.bytes", "200");
        stage.topic("lonely", "min.insync.replicas", "2");
        stage.topic("keyed", "cleanup.policy", "compact");
        try (RawClient client = stage.anonymous()) {
            // One setting for both directions, until 3.6.
            boolean isSplit = client.knows("DescribeQuorum", 0);
            stage.topic("timely", "message.timestamp." + (isSplit ? "before" : "difference") + ".max.ms", "1000");
            Records records = new Records(stage, client);
            records.produced();
            records.idempotent();
            records.unacknowledged();
            records.fetched();
            records.sessions();
        }
    }

    private void produced() throws Exception {
        refused("UNKNOWN_TOPIC_OR_PARTITION", ABSENT, -1, new Batch());
        refused("MESSAGE_TOO_LARGE", "small", -1, new Batch());
        // Later ones ask for no more replicas than there are.
        if (!client.knows("DescribeQuorum", 0)) {
            refused("NOT_ENOUGH_REPLICAS", "lonely", -1, new Batch());
        }
        refused("INVALID_RECORD", "keyed", -1, new Batch().withoutKey());
        refused("CORRUPT_MESSAGE", TOPIC, -1, new Batch().broken());
        refused("INVALID_TIMESTAMP", "timely", -1, new Batch().at(1_000_000));
        refused("INVALID_REQUIRED_ACKS", TOPIC, 5, new Batch());
        if (client.knows("Produce", 13)) {
            client.refused("UNKNOWN_TOPIC_ID", "Produce", Body.of("acks", 1, "timeoutMs", 1_000,
                    "topicData", Body.one("topicId", Uuid.randomUuid(), "partitionData",
                            Body.one("index", 0, "records", new Batch().of(10)))));
        }
    }

    private void refused(String error, String topic, int acks, Batch batch) throws Exception {
        client.refused(error, "Produce", PRODUCE, Stage.produce(topic, acks, batch.of(300)));
    }

    private void idempotent() throws Exception {
        long id = producerId();
        client.ask("Produce", PRODUCE, Stage.produce(TOPIC, -1, new Batch().from(id, 0, 0).of(10)));
        refused("OUT_OF_ORDER_SEQUENCE_NUMBER", TOPIC, -1, new Batch().from(id, 0, 7));
        // The same once more is answered with success, counted, and not appended again.
        client.ask("Produce", PRODUCE, Stage.produce(TOPIC, -1, new Batch().from(id, 0, 0).of(10)));
        client.ask("Produce", PRODUCE, Stage.produce(TOPIC, -1, new Batch().from(id, 1, 0).of(10)));
        refused("INVALID_PRODUCER_EPOCH", TOPIC, -1, new Batch().from(id, 0, 1));
    }

    /** The first one has to wait until the broker has got some from the controller. */
    private long producerId() throws Exception {
        Map<String, Object> request = Body.of("transactionalId", null, "transactionTimeoutMs", 60_000);
        Answer answer = client.ask("InitProducerId", request);
        while (!answer.errors.isEmpty()) {
            Thread.sleep(20);
            answer = client.ask("InitProducerId", request);
        }
        return (Long) answer.at("producerId");
    }

    /** The broker closes the connection, as it has no other way to complain. */
    private void unacknowledged() throws Exception {
        try (RawClient silent = stage.anonymous()) {
            ByteBuffer records = new Batch().of(10);
            silent.tell("Produce", PRODUCE, Stage.produce(ABSENT, 0, records));
            silent.awaitClose();
            stage.tally.unsent("Produce", "UNKNOWN_TOPIC_OR_PARTITION");
            stage.tally.unappended(ABSENT, records.remaining(), 1);
        }
    }

    private void fetched() throws Exception {
        client.refused("OFFSET_OUT_OF_RANGE", "Fetch", FETCH, fetch(TOPIC, 1_000_000, -1));
        client.refused("UNKNOWN_TOPIC_OR_PARTITION", "Fetch", FETCH, fetch(ABSENT, 0, -1));
        client.refused("UNKNOWN_LEADER_EPOCH", "Fetch", FETCH, fetch(TOPIC, 0, 99));
        // Before v7 a response has no field for an error of the whole fetch, beside the partitions'.
        Map<String, Object> odd = fetch(TOPIC, 0, -1);
        odd.put("isolationLevel", 7);
        client.refused("UNKNOWN_SERVER_ERROR", "Fetch", 4, odd);
        stage.tally.unsent("Fetch", "UNKNOWN_SERVER_ERROR");
        if (client.knows("DescribeQuorum", 0)) {
            Map<String, Object> follower = fetch(TOPIC, 0, -1);
            follower.put("replicaId", 9);
            client.refused("NOT_LEADER_OR_FOLLOWER", "Fetch", FETCH, follower);
        }
        if (client.knows("Fetch", 13)) {
            client.refused("UNKNOWN_TOPIC_ID", "Fetch", Body.of("maxWaitMs", 1, "topics", Body.one(
                    "topicId", Uuid.randomUuid(), "partitions", Body.one("partition", 0, "partitionMaxBytes", 1_000))));
        }
    }

    private static Map<String, Object> fetch(String topic, long offset, int leaderEpoch) {
        return Body.of("replicaId", -1, "maxWaitMs", 1, "minBytes", 1, "maxBytes", 1_000_000, "topics",
                Body.one("topic", topic, "partitions", Body.one("partition", 0, "fetchOffset", offset,
                        "currentLeaderEpoch", leaderEpoch, "partitionMaxBytes", 1_000_000)));
    }

    private void sessions() throws Exception {
        client.refused("FETCH_SESSION_ID_NOT_FOUND", "Fetch", FETCH,
                Body.of("replicaId", -1, "maxWaitMs", 1, "sessionId", 4711, "sessionEpoch", 1));
        Map<String, Object> first = fetch(TOPIC, 0, -1);
        first.put("sessionEpoch", 0);
        Object session = client.ask("Fetch", FETCH, first).at("sessionId");
        client.refused("INVALID_FETCH_SESSION_EPOCH", "Fetch", FETCH,
                Body.of("replicaId", -1, "maxWaitMs", 1, "sessionId", session, "sessionEpoch", 9));
    }
}
