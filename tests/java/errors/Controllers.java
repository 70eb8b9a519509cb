import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;

/** What only brokers and controllers say to each other (KRaft), said by neither. */
final class Controllers {
    private final Stage stage;
    private final RawClient broker;

    private Controllers(Stage stage, RawClient broker) {
        this.stage = stage;
        this.broker = broker;
    }

    static void run(Stage stage) throws Exception {
        try (RawClient broker = stage.anonymous()) {
            if (!broker.knows("DescribeQuorum", 0)) {
                return;
            }
            Controllers controllers = new Controllers(stage, broker);
            controllers.asked();
            try (RawClient controller = new RawClient(stage.controller, "raw-controller", stage.tally).greet()) {
                controllers.elected(controller);
                controllers.registered(controller);
                controllers.directories(controller);
            }
        }
    }

    private void asked() throws Exception {
        broker.ask("DescribeQuorum", quorum("__cluster_metadata"));
        broker.refused("UNKNOWN_TOPIC_OR_PARTITION|INVALID_REQUEST", "DescribeQuorum", quorum("other"));
        broker.ask("DescribeCluster", Body.of());
        if (broker.knows("DescribeCluster", 1)) {
            broker.refused("MISMATCHED_ENDPOINT_TYPE", "DescribeCluster", Body.of("endpointType", 2));
            broker.refused("UNSUPPORTED_ENDPOINT_TYPE", "DescribeCluster", Body.of("endpointType", 7));
        }
        broker.refused("BROKER_ID_NOT_REGISTERED", "UnregisterBroker", Body.of("brokerId", 99));
        if (broker.knows("AddRaftVoter", 0)) {
            broker.refused("UNSUPPORTED_VERSION|INVALID_REQUEST|INCONSISTENT_CLUSTER_ID", "AddRaftVoter", Body.of(
                    "clusterId", "other", "timeoutMs", 1_000, "voterId", 9, "voterDirectoryId", Uuid.randomUuid()));
            broker.refused("UNSUPPORTED_VERSION|INVALID_REQUEST|INCONSISTENT_CLUSTER_ID", "RemoveRaftVoter",
                    Body.of("clusterId", "other", "voterId", 9, "voterDirectoryId", Uuid.randomUuid()));
        }
    }

    private static Map<String, Object> quorum(String topic) {
        return Body.of("topics", Body.one("topicName", topic, "partitions", Body.one("partitionIndex", 0)));
    }

    private void elected(RawClient controller) throws Exception {
        Map<String, Object> partition = Body.of("partitionIndex", 0);
        Map<String, Object> topics = Body.of("clusterId", "another-cluster", "topics",
                Body.one("topicName", "__cluster_metadata", "partitions", List.of(partition)));
        for (String api : List.of("Vote", "BeginQuorumEpoch", "EndQuorumEpoch")) {
            controller.refused("INCONSISTENT_CLUSTER_ID", api, topics);
        }
        controller.refused("INCONSISTENT_CLUSTER_ID", "FetchSnapshot", Body.of("clusterId", "another-cluster"));
    }

    private void registered(RawClient controller) throws Exception {
        controller.refused("STALE_BROKER_EPOCH", "BrokerHeartbeat", Body.of("brokerId", 1, "brokerEpoch", 999_999));
        controller.refused("BROKER_ID_NOT_REGISTERED|STALE_BROKER_EPOCH", "AllocateProducerIds",
                Body.of("brokerId", 77, "brokerEpoch", 1));
        controller.refused("STALE_BROKER_EPOCH", "AlterPartition", Body.of("brokerId", 1, "brokerEpoch", 999_999,
                "topics", Body.one("topicId", Uuid.randomUuid(), "partitions", Body.one("partitionIndex", 0))));
        controller.refused("INCONSISTENT_CLUSTER_ID", "BrokerRegistration", Body.of("brokerId", 5,
                "clusterId", "another-cluster", "incarnationId", Uuid.randomUuid(), "listeners", List.of(),
                "features", List.of()));
    }

    /** Errors of single partitions, once the broker's epoch is found; it is a small offset. */
    private void directories(RawClient controller) throws Exception {
        for (int epoch = 0; epoch < 1_000; epoch++) {
            Answer answer = controller.ask("AssignReplicasToDirs", Body.of("brokerId", 1, "brokerEpoch", epoch,
                    "directories", Body.one("id", Uuid.randomUuid(), "topics", Body.one("topicId",
                            Uuid.randomUuid(), "partitions", Body.one("partitionIndex", 0)))));
            if (!answer.hasOneOf("STALE_BROKER_EPOCH")) {
                stage.tally.shows(answer, "UNKNOWN_TOPIC_ID");
                return;
            }
        }
        stage.tally.failed("no broker epoch below 1000");
    }
}
