import java.util.List;
import java.util.Map;

/** What a user who has logged in is not allowed to do, and logins that fail. */
final class Access {
    private static final String TOPIC = "guarded";
    private static final int TOPICS = 2;
    private static final int ALLOW = 3;
    private static final int CREATE = 5;

    private final Stage stage;
    private final RawClient alice;

    private Access(Stage stage, RawClient alice) {
        this.stage = stage;
        this.alice = alice;
    }

    static void run(Stage stage) throws Exception {
        stage.topic(TOPIC);
        try (RawClient alice = stage.as(Stage.ALICE)) {
            Access access = new Access(stage, alice);
            access.topics();
            access.groups();
            access.transactions();
            access.cluster();
            access.created();
        }
        failedLogin(stage);
    }

    private void topics() throws Exception {
        String error = "TOPIC_AUTHORIZATION_FAILED";
        alice.refused(error, "Metadata", Body.of("topics", Body.one("name", TOPIC)));
        alice.refused(error, "Produce", 8, Stage.produce(TOPIC, -1, new Batch().of(10)));
        alice.refused(error, "Fetch", 11, Body.of("replicaId", -1, "maxWaitMs", 1, "topics",
                Body.one("topic", TOPIC, "partitions", Body.one("partition", 0, "partitionMaxBytes", 1_000))));
        alice.refused(error, "ListOffsets", Body.of("replicaId", -1, "topics", Body.one("name", TOPIC,
                "partitions", Body.one("partitionIndex", 0, "timestamp", -1))));
        alice.refused(error, "CreateTopics", Body.of("timeoutMs", 30_000, "topics",
                Body.one("name", "forbidden", "numPartitions", 1, "replicationFactor", 1)));
        alice.refused(error, "DeleteTopics", Body.of("timeoutMs", 30_000, "topics", Body.one("name", TOPIC)));
        alice.refused(error, "DeleteRecords", Body.of("timeoutMs", 1_000, "topics", Body.one(
                "name", TOPIC, "partitions", Body.one("partitionIndex", 0, "offset", 0))));
        alice.refused(error, "DescribeConfigs", Body.of("resources", Body.one("resourceType", TOPICS,
                "resourceName", TOPIC, "configurationKeys", null)));
    }

    private void groups() throws Exception {
        String error = "GROUP_AUTHORIZATION_FAILED";
        alice.refused(error, "FindCoordinator", 3, Body.of("key", "others", "keyType", 0));
        alice.refused(error, "OffsetFetch", 7, Body.of("groupId", "others", "topics", null));
        alice.refused(error, "DescribeGroups", Body.of("groups", List.of("others")));
        alice.refused(error, "DeleteGroups", Body.of("groupsNames", List.of("others")));
        alice.refused(error, "Heartbeat", Body.of("groupId", "others", "memberId", "m"));
        alice.refused(error, "OffsetCommit", 8, Body.of("groupId", "others", "topics", Body.one("name", TOPIC,
                "partitions", Body.one("partitionIndex", 0, "committedOffset", 0))));
    }

    private void transactions() throws Exception {
        alice.refused("TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "InitProducerId", 4,
                Body.of("transactionalId", "others", "transactionTimeoutMs", 1_000));
        alice.refused("TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "EndTxn", 3,
                Body.of("transactionalId", "others", "producerId", 1, "producerEpoch", 0));
    }

    private void cluster() throws Exception {
        String error = "CLUSTER_AUTHORIZATION_FAILED";
        alice.refused(error, "DescribeAcls", Body.of("resourceTypeFilter", 1, "patternTypeFilter", 1,
                "operation", 1, "permissionType", 1));
        alice.refused(error, "CreateAcls", Body.of("creations", List.of(creation(Stage.ALICE, "x", CREATE))));
        alice.refused(error, "DescribeClientQuotas", Body.of("components", List.of()));
        alice.refused(error, "DescribeUserScramCredentials", Body.of("users", Body.one("name", Stage.ALICE)));
        alice.refused(error, "AlterPartitionReassignments", Body.of("timeoutMs", 1_000, "topics", List.of()));
        alice.refused(error, "WriteTxnMarkers", 1, Body.of("markers", Body.one(
                "producerId", 1, "producerEpoch", 0, "transactionResult", true,
                "topics", Body.one("name", TOPIC, "partitionIndexes", List.of(0)))));
    }

    /** Whoever may create a topic may not see its settings for that. */
    private void created() throws Exception {
        try (RawClient admin = stage.as(Stage.ADMIN)) {
            admin.ask("CreateAcls", Body.of("creations", List.of(creation(Stage.ALICE, "alices", CREATE))));
            admin.refused("INVALID_REQUEST", "CreateAcls",
                    Body.of("creations", List.of(creation("nobody", "", CREATE))));
        }
        Map<String, Object> request = Body.of("timeoutMs", 30_000, "validateOnly", true, "topics",
                Body.one("name", "alices", "numPartitions", 1, "replicationFactor", 1));
        // The permission takes a moment to arrive.
        while (!alice.ask("CreateTopics", request).errors.keySet().stream()
                .allMatch(error -> error.startsWith("topics.topicConfigErrorCode "))) {
            Thread.sleep(20);
        }
        try (RawClient admin = stage.as(Stage.ADMIN)) {
            admin.ask("DeleteAcls", Body.of("filters", Body.one("resourceTypeFilter", TOPICS,
                    "resourceNameFilter", "alices", "patternTypeFilter", 3, "operation", 1, "permissionType", 1)));
        }
    }

    private static Map<String, Object> creation(String user, String topic, int operation) {
        return Body.of("resourceType", TOPICS, "resourceName", topic, "resourcePatternType", 3,
                "principal", "User:" + user, "host", "*", "operation", operation, "permissionType", ALLOW);
    }

    private static void failedLogin(Stage stage) throws Exception {
        try (RawClient stranger = RawClient.stranger(stage.sasl, "stranger", stage.tally)) {
            stage.tally.shows(stranger.unheardOf(), "UNSUPPORTED_VERSION");
            stranger.refused("UNSUPPORTED_SASL_MECHANISM", "SaslHandshake", 1, Body.of("mechanism", "MAGIC"));
        }
        try (RawClient stranger = RawClient.stranger(stage.sasl, "stranger", stage.tally)) {
            stage.tally.shows(stranger.login(Stage.ALICE, "wrong-password"), "SASL_AUTHENTICATION_FAILED");
        }
    }
}
