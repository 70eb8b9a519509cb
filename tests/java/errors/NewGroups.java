import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;

/** Groups whose members the broker assigns: of consumers (KIP-848), share (KIP-932) and streams (KIP-1071). */
final class NewGroups {
    private static final String TOPIC = "new-grouped";
    private static final int ROUNDS = 3;

    private final Stage stage;
    private final RawClient client;

    private NewGroups(Stage stage, RawClient client) {
        this.stage = stage;
        this.client = client;
    }

    static void run(Stage stage) throws Exception {
        try (RawClient client = stage.anonymous()) {
            if (!client.knows("ShareGroupHeartbeat", 1)) {
                return;
            }
            stage.topic(TOPIC);
            NewGroups groups = new NewGroups(stage, client);
            groups.consumers();
            groups.sharing();
            groups.acknowledged();
            groups.shareState();
            groups.streams();
        }
    }

    private void consumers() throws Exception {
        String api = "ConsumerGroupHeartbeat";
        String group = "new-consumers";
        client.refused("INVALID_REQUEST", api, Body.of("groupId", "", "memberId", "m"));
        client.refused("GROUP_ID_NOT_FOUND|UNKNOWN_MEMBER_ID", api, consumer("absent", "m-1", 5));
        Map<String, Object> odd = consumer(group, "m-1", 0);
        odd.put("serverAssignor", "no-such");
        client.refused("UNSUPPORTED_ASSIGNOR", api, odd);
        int epoch = (Integer) client.ask(api, consumer(group, "m-1", 0)).at("memberEpoch");
        client.refused("FENCED_MEMBER_EPOCH", api, consumer(group, "m-1", epoch + 7));
        client.refused("UNKNOWN_MEMBER_ID", api, consumer(group, "m-9", 5));
        client.refused("STALE_MEMBER_EPOCH", "OffsetFetch", 9, Body.of("groups", Body.one(
                "groupId", group, "memberId", "m-1", "memberEpoch", epoch + 5, "topics", null)));
        client.refused("GROUP_ID_NOT_FOUND", "ConsumerGroupDescribe", Body.of("groupIds", List.of("absent", group)));
        regular(api, group);
        statics(api, group);
        client.ask(api, consumer(group, "m-1", -1));
    }

    private void regular(String api, String group) throws Exception {
        Map<String, Object> wrong = consumer(group, "m-2", 0);
        wrong.put("subscribedTopicRegex", "((");
        client.refused("INVALID_REGULAR_EXPRESSION", api, wrong);
    }

    private void statics(String api, String group) throws Exception {
        Map<String, Object> first = consumer(group, "m-3", 0);
        first.put("instanceId", "place");
        client.ask(api, first);
        Map<String, Object> second = consumer(group, "m-4", 0);
        second.put("instanceId", "place");
        client.refused("UNRELEASED_INSTANCE_ID", api, second);
        client.ask(api, consumer(group, "m-3", -1));
    }

    private static Map<String, Object> consumer(String group, String member, int epoch) {
        boolean joins = epoch == 0;
        return Body.of("groupId", group, "memberId", member, "memberEpoch", epoch,
                "rebalanceTimeoutMs", joins ? 30_000 : -1,
                "subscribedTopicNames", joins ? List.of(TOPIC) : null,
                "topicPartitions", joins ? List.of() : null);
    }

    private void sharing() throws Exception {
        String api = "ShareGroupHeartbeat";
        client.refused("GROUP_ID_NOT_FOUND|UNKNOWN_MEMBER_ID", api, sharer("absent", "s-1", 4));
        client.ask(api, sharer("new-share", "s-1", 0));
        client.refused("FENCED_MEMBER_EPOCH", api, sharer("new-share", "s-1", 99));
        client.refused("GROUP_ID_NOT_FOUND", "ShareGroupDescribe", Body.of("groupIds", List.of("absent", "new-share")));
        client.ask("DescribeShareGroupOffsets", Body.of("groups", Body.one("groupId", "new-share", "topics", null)));
        client.refused("NON_EMPTY_GROUP", "AlterShareGroupOffsets", Body.of("groupId", "new-share", "topics",
                Body.one("topicName", TOPIC, "partitions", Body.one("partitionIndex", 0, "startOffset", 0))));
        client.refused("NON_EMPTY_GROUP", "DeleteShareGroupOffsets", Body.of("groupId", "new-share", "topics",
                Body.one("topicName", TOPIC)));
    }

    private static Map<String, Object> sharer(String group, String member, int epoch) {
        return Body.of("groupId", group, "memberId", member, "memberEpoch", epoch,
                "subscribedTopicNames", epoch == 0 ? List.of(TOPIC) : null);
    }

    /** Records fetched by a share group and accepted, and acknowledgements of what was never fetched. */
    private void acknowledged() throws Exception {
        Uuid topic = stage.topicId(client, TOPIC);
        String member = Uuid.randomUuid().toString();
        client.refused("SHARE_SESSION_NOT_FOUND", "ShareAcknowledge", sharing(topic, member, 3, 0));
        client.refused("SHARE_SESSION_NOT_FOUND", "ShareFetch", sharing(topic, member, 3, 0));
        int epoch = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Answer answer = fetch(topic, member, epoch++, -1);
            // A share group begins at the end of the log.
            while (!acquires(answer)) {
                client.ask("Produce", 8, Stage.produce(TOPIC, -1, new Batch().of(100)));
                answer = fetch(topic, member, epoch++, -1);
            }
            long first = (Long) answer.at("responses.0.partitions.0.acquiredRecords.0.firstOffset");
            client.ask("ShareAcknowledge", sharing(topic, member, epoch++, first));
        }
        stage.tally.shows(fetch(topic, member, epoch++, 500), "INVALID_RECORD_STATE", "INVALID_REQUEST");
        client.refused("INVALID_RECORD_STATE|INVALID_REQUEST", "ShareAcknowledge", sharing(topic, member, epoch, 500));
        client.refused("INVALID_SHARE_SESSION_EPOCH", "ShareFetch", sharing(topic, member, 77, -1));
        client.ask("ShareAcknowledge", sharing(topic, member, -1, -1));
    }

    private Answer fetch(Uuid topic, String member, int epoch, long offset) throws Exception {
        Map<String, Object> request = sharing(topic, member, epoch, offset);
        request.putAll(Body.of("maxWaitMs", 200, "minBytes", 1, "maxBytes", 1_000_000, "maxRecords", 10, "batchSize", 10));
        return client.ask("ShareFetch", request);
    }

    private static boolean acquires(Answer answer) throws Exception {
        return !((Collection<?>) answer.at("responses")).isEmpty()
                && !((List<?>) answer.at("responses.0.partitions.0.acquiredRecords")).isEmpty();
    }

    private static Map<String, Object> sharing(Uuid topic, String member, int epoch, long offset) {
        List<?> batches = offset < 0 ? List.of() : Body.one("firstOffset", offset, "lastOffset", offset,
                "acknowledgeTypes", List.of((byte) 1));
        return Body.of("groupId", "new-share", "memberId", member, "shareSessionEpoch", epoch, "topics",
                epoch < 0 ? List.of() : Body.one("topicId", topic, "partitions",
                        Body.one("partitionIndex", 0, "acknowledgementBatches", batches)));
    }

    private void shareState() throws Exception {
        Map<String, Object> read = state("absent", Body.of("partition", 0, "leaderEpoch", 0));
        client.ask("ReadShareGroupState", read);
        client.ask("ReadShareGroupStateSummary", read);
        client.ask("WriteShareGroupState", state("absent", Body.of("partition", 0, "stateEpoch", 3,
                "leaderEpoch", 0, "startOffset", 0, "stateBatches", List.of())));
        client.ask("DeleteShareGroupState", state("absent", Body.of("partition", 0)));
        client.ask("InitializeShareGroupState", state("absent", Body.of("partition", 0, "stateEpoch", 1, "startOffset", 0)));
    }

    private static Map<String, Object> state(String group, Map<String, Object> partition) {
        return Body.of("groupId", group, "topics",
                Body.one("topicId", Uuid.randomUuid(), "partitions", List.of(partition)));
    }

    private void streams() throws Exception {
        String api = "StreamsGroupHeartbeat";
        if (!client.knows(api, 0)) {
            return;
        }
        client.refused("GROUP_ID_NOT_FOUND|UNKNOWN_MEMBER_ID", api, Body.of("groupId", "absent-streams",
                "memberId", "t-1", "memberEpoch", 4));
        client.refused("INVALID_REQUEST", api, Body.of("groupId", "new-streams", "memberId", "t-1", "memberEpoch", 0));
        client.ask(api, streamer("t-1"));
        Map<String, Object> late = Body.of("groupId", "new-streams", "memberId", "t-1", "memberEpoch", 99);
        client.refused("FENCED_MEMBER_EPOCH", api, late);
        client.refused("GROUP_ID_NOT_FOUND", "StreamsGroupDescribe", Body.of("groupIds", List.of("absent-streams")));
    }

    private static Map<String, Object> streamer(String member) {
        return Body.of("groupId", "new-streams", "memberId", member, "memberEpoch", 0, "rebalanceTimeoutMs", 30_000,
                "processId", "p", "activeTasks", List.of(), "standbyTasks", List.of(), "warmupTasks", List.of(),
                "topology", Body.of("epoch", 1, "subtopologies",
                        Body.one("subtopologyId", "0", "sourceTopics", List.of(TOPIC))));
    }
}
