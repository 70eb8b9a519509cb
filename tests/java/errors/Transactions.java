import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/** Transactions out of turn. */
final class Transactions {
    private static final String TOPIC = "transacted";
    private static final String ID = "raw-transaction";
    /** Before verification by the broker that leads the partition, and before epochs of every transaction. */
    private static final int PRODUCE = 8;
    private static final int ADD_PARTITIONS = 3;

    private final Stage stage;
    private final RawClient client;
    private long producerId;
    private int epoch;

    private Transactions(Stage stage, RawClient client) {
        this.stage = stage;
        this.client = client;
    }

    static void run(Stage stage) throws Exception {
        stage.topic(TOPIC);
        try (RawClient client = stage.anonymous()) {
            Transactions transactions = new Transactions(stage, client);
            transactions.begun();
            transactions.outOfTurn();
            transactions.pending();
            transactions.fenced();
            transactions.described();
        }
    }

    /** The transactions' topic comes with the first question for its coordinator. */
    private void begun() throws Exception {
        while (!client.ask("FindCoordinator", 3, Body.of("key", ID, "keyType", 1)).errors.isEmpty()) {
            Thread.sleep(50);
        }
        client.refused("INVALID_TRANSACTION_TIMEOUT", "InitProducerId", 4, start(1_000_000_000));
        init();
    }

    private void init() throws Exception {
        Answer answer = client.ask("InitProducerId", 4, start(60_000));
        while (answer.hasOneOf("CONCURRENT_TRANSACTIONS", "COORDINATOR_LOAD_IN_PROGRESS", "NOT_COORDINATOR")) {
            Thread.sleep(20);
            answer = client.ask("InitProducerId", 4, start(60_000));
        }
        producerId = (Long) answer.at("producerId");
        epoch = (Short) answer.at("producerEpoch");
    }

    private static Map<String, Object> start(int timeout) {
        return Body.of("transactionalId", ID, "transactionTimeoutMs", timeout);
    }

    private void outOfTurn() throws Exception {
        client.refused("INVALID_TXN_STATE", "EndTxn", 3, end(producerId, epoch));
        client.refused("INVALID_PRODUCER_ID_MAPPING", "EndTxn", 3, end(producerId + 999, epoch));
        client.refused("INVALID_PRODUCER_ID_MAPPING", "AddOffsetsToTxn", 3, Body.of("transactionalId", ID,
                "producerId", producerId + 999, "producerEpoch", epoch, "groupId", "pending-group"));
        client.refused("INVALID_PRODUCER_ID_MAPPING", "AddPartitionsToTxn", ADD_PARTITIONS,
                partitions(producerId + 999, epoch, TOPIC));
        client.refused("OPERATION_NOT_ATTEMPTED", "AddPartitionsToTxn", ADD_PARTITIONS,
                partitions(producerId, epoch, TOPIC, "absent"));
    }

    /** An open transaction holds offsets of a group, and is then begun anew. */
    private void pending() throws Exception {
        client.ask("AddPartitionsToTxn", ADD_PARTITIONS, partitions(producerId, epoch, TOPIC));
        ByteBuffer records = new Batch().from(producerId, epoch, 0).inTransaction().of(50);
        client.ask("Produce", PRODUCE, Stage.produce(TOPIC, ID, -1, records));
        client.ask("AddOffsetsToTxn", 3, Body.of("transactionalId", ID, "producerId", producerId,
                "producerEpoch", epoch, "groupId", "pending-group"));
        client.ask("TxnOffsetCommit", 3, Body.of("transactionalId", ID, "groupId", "pending-group",
                "producerId", producerId, "producerEpoch", epoch, "generationIdOrMemberEpoch|generationId", -1,
                "memberId", "", "topics", Body.one("name", TOPIC, "partitions",
                        Body.one("partitionIndex", 0, "committedOffset", 1, "committedMetadata", ""))));
        client.refused("UNSTABLE_OFFSET_COMMIT", "OffsetFetch", 7, Body.of("groupId", "pending-group",
                "requireStable", true, "topics", Body.one("name", TOPIC, "partitionIndexes", List.of(0))));
        client.refused("CONCURRENT_TRANSACTIONS", "InitProducerId", 4, start(60_000));
        stage.tally.markers(TOPIC, 1);
    }

    private void fenced() throws Exception {
        int old = epoch;
        init();
        client.refused("INVALID_PRODUCER_EPOCH|PRODUCER_FENCED", "EndTxn", 3, end(producerId, old));
        client.refused("INVALID_PRODUCER_EPOCH|PRODUCER_FENCED", "AddPartitionsToTxn", ADD_PARTITIONS,
                partitions(producerId, old, TOPIC));
        client.refused("INVALID_PRODUCER_EPOCH|PRODUCER_FENCED", "InitProducerId", 4, Body.of(
                "transactionalId", ID, "transactionTimeoutMs", 60_000, "producerId", producerId, "producerEpoch", old));
    }

    private void described() throws Exception {
        if (!client.knows("DescribeTransactions", 0)) {
            return;
        }
        client.refused("TRANSACTIONAL_ID_NOT_FOUND", "DescribeTransactions",
                Body.of("transactionalIds", List.of("absent", ID)));
        client.ask("ListTransactions", Body.of());
        client.refused("UNKNOWN_TOPIC_OR_PARTITION", "DescribeProducers", Body.of("topics",
                Body.one("name", "absent", "partitionIndexes", List.of(0))));
    }

    private static Map<String, Object> end(long producerId, int epoch) {
        return Body.of("transactionalId", ID, "producerId", producerId, "producerEpoch", epoch, "committed", true);
    }

    private static Map<String, Object> partitions(long producerId, int epoch, String... topics) {
        List<Map<String, Object>> all = new java.util.ArrayList<>();
        for (String topic : topics) {
            all.add(Body.of("name", topic, "partitions", List.of(0)));
        }
        return Body.of("v3AndBelowTransactionalId|transactionalId", ID, "v3AndBelowProducerId|producerId", producerId,
                "v3AndBelowProducerEpoch|producerEpoch", epoch, "v3AndBelowTopics|topics", all);
    }
}
