import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;

/** Topics and their settings: what a broker refuses of administrators. */
final class Topics {
    private static final int TOPIC = 2;
    private static final String NAME = "topics";

    private final RawClient client;

    private Topics(RawClient client) {
        this.client = client;
    }

    static void run(Stage stage) throws Exception {
        stage.topic(NAME);
        try (RawClient client = stage.anonymous()) {
            Topics topics = new Topics(client);
            topics.created();
            topics.changed();
            topics.deleted();
            topics.configured();
            topics.described();
            topics.moved();
        }
    }

    private void created() throws Exception {
        creation("TOPIC_ALREADY_EXISTS", NAME, 1, 1);
        creation("INVALID_PARTITIONS", "none", 0, 1);
        creation("INVALID_REPLICATION_FACTOR", "copied", 1, 9);
        creation("INVALID_TOPIC_EXCEPTION", "no spaces", 1, 1);
        creation("INVALID_CONFIG", Body.of("name", "odd", "numPartitions", 1, "replicationFactor", 1,
                "configs", Body.one("name", "retention.ms", "value", "long")));
        creation("INVALID_REPLICA_ASSIGNMENT|REQUEST_TIMED_OUT", Body.of("name", "away", "numPartitions", -1,
                "replicationFactor", -1,
                "assignments", Body.one("partitionIndex", 0, "brokerIds", List.of(7))));
        // Older brokers would try.
        if (client.knows("DescribeQuorum", 0)) {
            creation("POLICY_VIOLATION", "huge", 10_001, 1);
        }
    }

    private void creation(String error, String name, int partitions, int replicas) throws Exception {
        creation(error, Body.of("name", name, "numPartitions", partitions, "replicationFactor", replicas));
    }

    private void creation(String error, Map<String, Object> topic) throws Exception {
        client.refused(error, "CreateTopics", Body.of("timeoutMs", 3_000, "topics", List.of(topic)));
    }

    private void changed() throws Exception {
        String api = "CreatePartitions";
        client.refused("UNKNOWN_TOPIC_OR_PARTITION", api, growth("absent", 2));
        client.refused("INVALID_PARTITIONS", api, growth(NAME, 1));
    }

    private static Map<String, Object> growth(String topic, int count) {
        return Body.of("timeoutMs", 30_000, "topics", Body.one("name", topic, "count", count, "assignments", null));
    }

    private void deleted() throws Exception {
        client.refused("UNKNOWN_TOPIC_OR_PARTITION", "DeleteTopics", Body.of("timeoutMs", 30_000,
                "topics", Body.one("name", "absent")));
        client.refused("UNKNOWN_TOPIC_ID", "DeleteTopics", Body.of("timeoutMs", 30_000,
                "topics", Body.one("name", null, "topicId", Uuid.randomUuid())));
        client.refused("OFFSET_OUT_OF_RANGE", "DeleteRecords", Body.of("timeoutMs", 1_000,
                "topics", Body.one("name", NAME, "partitions", Body.one("partitionIndex", 0, "offset", 77))));
    }

    private void configured() throws Exception {
        client.refused("UNKNOWN_TOPIC_OR_PARTITION", "DescribeConfigs", Body.of("resources",
                Body.one("resourceType", TOPIC, "resourceName", "absent", "configurationKeys", null)));
        client.refused("INVALID_REQUEST", "DescribeConfigs", Body.of("resources",
                Body.one("resourceType", 99, "resourceName", "odd", "configurationKeys", null)));
        client.refused("INVALID_CONFIG|INVALID_REQUEST", "IncrementalAlterConfigs", Body.of("resources",
                Body.one("resourceType", TOPIC, "resourceName", NAME, "configs",
                        Body.one("name", "cleanup.policy", "configOperation", 0, "value", "none-such"))));
        client.refused("INVALID_CONFIG|INVALID_REQUEST", "AlterConfigs", Body.of("resources",
                Body.one("resourceType", TOPIC, "resourceName", NAME, "configs",
                        Body.one("name", "segment.bytes", "value", "-5"))));
        client.refused("INVALID_REQUEST", "AlterClientQuotas", Body.of("entries", Body.one(
                "entity", Body.one("entityType", "user", "entityName", "bob"),
                "ops", Body.one("key", "no_such_quota", "value", 1.0, "remove", false))));
    }

    private void described() throws Exception {
        client.refused("UNKNOWN_TOPIC_OR_PARTITION", "Metadata", Body.of("allowAutoTopicCreation", false,
                "topics", Body.one("name", "absent")));
        client.refused("INVALID_TOPIC_EXCEPTION", "Metadata", Body.of("topics", Body.one("name", "no spaces")));
        client.refused("UNKNOWN_TOPIC_OR_PARTITION", "ListOffsets", offsets("absent", -1));
        client.refused("UNKNOWN_LEADER_EPOCH", "ListOffsets", offsets(NAME, 99));
        client.refused("UNKNOWN_LEADER_EPOCH", "OffsetForLeaderEpoch", Body.of("replicaId", -1, "topics",
                Body.one("topic", NAME, "partitions",
                        Body.one("partition", 0, "currentLeaderEpoch", 99, "leaderEpoch", 0))));
        if (client.knows("Metadata", 12)) {
            client.refused("UNKNOWN_TOPIC_ID", "Metadata", Body.of("allowAutoTopicCreation", false,
                    "topics", Body.one("name", null, "topicId", Uuid.randomUuid())));
        }
        if (client.knows("DescribeTopicPartitions", 0)) {
            client.refused("UNKNOWN_TOPIC_OR_PARTITION", "DescribeTopicPartitions",
                    Body.of("topics", Body.one("name", "absent")));
        }
    }

    private static Map<String, Object> offsets(String topic, int leaderEpoch) {
        return Body.of("replicaId", -1, "topics", Body.one("name", topic, "partitions",
                Body.one("partitionIndex", 0, "currentLeaderEpoch", leaderEpoch, "timestamp", -1)));
    }

    private void moved() throws Exception {
        client.refused("UNKNOWN_TOPIC_OR_PARTITION", "ElectLeaders", election("absent"));
        client.refused("ELECTION_NOT_NEEDED", "ElectLeaders", election(NAME));
        client.refused("NO_REASSIGNMENT_IN_PROGRESS", "AlterPartitionReassignments", reassignment(NAME));
        client.refused("UNKNOWN_TOPIC_OR_PARTITION|NO_REASSIGNMENT_IN_PROGRESS", "AlterPartitionReassignments", reassignment("absent"));
        client.ask("ListPartitionReassignments", Body.of("topics", null));
        client.refused("LOG_DIR_NOT_FOUND", "AlterReplicaLogDirs", Body.of("dirs", Body.one("path", "/nowhere",
                "topics", Body.one("name", NAME, "partitions", List.of(0)))));
        client.ask("DescribeLogDirs", Body.of("topics", null));
    }

    private static Map<String, Object> election(String topic) {
        return Body.of("electionType", 0, "timeoutMs", 30_000,
                "topicPartitions", Body.one("topic", topic, "partitions|partitionId", List.of(0)));
    }

    private static Map<String, Object> reassignment(String topic) {
        return Body.of("timeoutMs", 30_000, "topics", Body.one("name", topic, "partitions",
                Body.one("partitionIndex", 0, "replicas", null)));
    }
}
