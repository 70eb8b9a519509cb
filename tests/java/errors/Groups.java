import java.util.List;
import java.util.Map;

/** Groups of the classic protocol: members that come too late, too early, or twice. */
final class Groups {
    private static final String TOPIC = "grouped";
    private static final String GROUP = "classic-group";
    /** Offsets by group and topic name, and a generation. */
    private static final int COMMIT = 8;

    private final Stage stage;
    private final RawClient client;

    private Groups(Stage stage, RawClient client) {
        this.stage = stage;
        this.client = client;
    }

    static void run(Stage stage) throws Exception {
        stage.topic(TOPIC);
        try (RawClient client = stage.anonymous()) {
            Groups groups = new Groups(stage, client);
            groups.coordinated();
            groups.strangers();
            groups.rebalanced();
            groups.stood();
            groups.deleted();
        }
    }

    /** The offsets topic comes with the first question for its coordinator. */
    private void coordinated() throws Exception {
        while (!client.ask("FindCoordinator", 3, Body.of("key", GROUP, "keyType", 0)).errors.isEmpty()
                || client.ask("OffsetFetch", 7, Body.of("groupId", GROUP, "topics", null))
                        .hasOneOf("COORDINATOR_LOAD_IN_PROGRESS", "NOT_COORDINATOR")) {
            Thread.sleep(50);
        }
    }

    private void strangers() throws Exception {
        // A group of its own: others would wait for the member to come back with its id.
        client.refused("MEMBER_ID_REQUIRED", "JoinGroup", join("waiting-group", "", null));
        client.refused("INVALID_GROUP_ID", "JoinGroup", join("", "", null));
        client.refused("UNKNOWN_MEMBER_ID", "JoinGroup", join(GROUP, "nobody", null));
        Map<String, Object> hasty = join(GROUP, "", null);
        hasty.put("sessionTimeoutMs", 1);
        client.refused("INVALID_SESSION_TIMEOUT", "JoinGroup", hasty);
        client.refused("UNKNOWN_MEMBER_ID", "Heartbeat", beat("nobody", 1, null));
        client.refused("UNKNOWN_MEMBER_ID", "SyncGroup", sync("nobody", 1));
        client.refused("UNKNOWN_MEMBER_ID", "LeaveGroup", leave("nobody"));
        client.refused("GROUP_ID_NOT_FOUND", "DeleteGroups", Body.of("groupsNames", List.of("absent")));
        client.refused("GROUP_ID_NOT_FOUND|UNKNOWN_TOPIC_OR_PARTITION", "OffsetDelete", Body.of("groupId", "absent", "topics",
                Body.one("name", TOPIC, "partitions", Body.one("partitionIndex", 0))));
    }

    /** One member leads; a second one joins, and the first has not heard of it yet. */
    private void rebalanced() throws Exception {
        String first = member(null);
        int generation = (Integer) client.ask("JoinGroup", join(GROUP, first, null)).at("generationId");
        client.ask("SyncGroup", sync(first, generation));
        client.refused("ILLEGAL_GENERATION", "Heartbeat", beat(first, generation + 5, null));
        client.refused("ILLEGAL_GENERATION", "OffsetCommit", COMMIT, commit(first, generation + 5, ""));
        client.refused("OFFSET_METADATA_TOO_LARGE", "OffsetCommit", COMMIT,
                commit(first, generation, "long ".repeat(2_000)));
        client.refused("INCONSISTENT_GROUP_PROTOCOL", "JoinGroup", joinAs("other", GROUP, "", null));
        client.refused("NON_EMPTY_GROUP", "DeleteGroups", Body.of("groupsNames", List.of(GROUP)));
        client.refused("GROUP_SUBSCRIBED_TO_TOPIC", "OffsetDelete", Body.of("groupId", GROUP, "topics",
                Body.one("name", TOPIC, "partitions", Body.one("partitionIndex", 0))));
        try (RawClient other = stage.anonymous()) {
            String second = member(null);
            other.tell("JoinGroup", other.newest("JoinGroup"), join(GROUP, second, null));
            while (!client.ask("Heartbeat", beat(first, generation, null)).hasOneOf("REBALANCE_IN_PROGRESS")) {
                Thread.sleep(20);
            }
            client.refused("REBALANCE_IN_PROGRESS", "SyncGroup", sync(first, generation));
            client.ask("LeaveGroup", leave(first));
            other.hear("JoinGroup", other.newest("JoinGroup"));
            client.ask("LeaveGroup", leave(second));
        }
    }

    /** A static member whose place another one has taken. */
    private void stood() throws Exception {
        String first = (String) client.ask("JoinGroup", join(GROUP, "", "place")).at("memberId");
        client.ask("JoinGroup", join(GROUP, "", "place"));
        client.refused("FENCED_INSTANCE_ID", "Heartbeat", beat(first, 1, "place"));
        client.refused("FENCED_INSTANCE_ID", "JoinGroup", join(GROUP, first, "place"));
        client.ask("LeaveGroup", Body.of("groupId", GROUP, "members",
                Body.one("memberId", "", "groupInstanceId", "place")));
    }

    private void deleted() throws Exception {
        client.ask("OffsetCommit", COMMIT, commit("", -1, ""));
        client.ask("DescribeGroups", Body.of("groups", List.of(GROUP, "absent")));
        client.ask("ListGroups", Body.of());
        client.ask("DeleteGroups", Body.of("groupsNames", List.of(GROUP)));
    }

    private String member(String instance) throws Exception {
        return (String) client.ask("JoinGroup", join(GROUP, "", instance)).at("memberId");
    }

    private static Map<String, Object> join(String group, String member, String instance) {
        return joinAs("consumer", group, member, instance);
    }

    private static Map<String, Object> joinAs(String type, String group, String member, String instance) {
        return Body.of("groupId", group, "sessionTimeoutMs", 30_000, "rebalanceTimeoutMs", 30_000,
                "memberId", member, "groupInstanceId", instance, "protocolType", type,
                "protocols", Body.one("name", "range", "metadata", SUBSCRIPTION));
    }

    private static Map<String, Object> sync(String member, int generation) {
        return Body.of("groupId", GROUP, "generationId", generation, "memberId", member,
                "protocolType", "consumer", "protocolName", "range",
                "assignments", Body.one("memberId", member, "assignment", new byte[0]));
    }

    private static Map<String, Object> beat(String member, int generation, String instance) {
        return Body.of("groupId", GROUP, "generationId", generation, "memberId", member, "groupInstanceId", instance);
    }

    private static Map<String, Object> leave(String member) {
        return Body.of("groupId", GROUP, "members", Body.one("memberId", member));
    }

    private static Map<String, Object> commit(String member, int generation, String metadata) {
        return Body.of("groupId", GROUP, "generationIdOrMemberEpoch|generationId", generation,
                "memberId", member, "topics", Body.one("name", TOPIC, "partitions", Body.one(
                        "partitionIndex", 0, "committedOffset", 0, "committedMetadata", metadata)));
    }

    /** A subscription, version 0, to the topic: https://kafka.apache.org/protocol#consumer_group_metadata */
    private static final byte[] SUBSCRIPTION = subscription();

    private static byte[] subscription() {
        byte[] name = TOPIC.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        return java.nio.ByteBuffer.allocate(2 + 4 + 2 + name.length + 4)
                .putShort((short) 0).putInt(1).putShort((short) name.length).put(name).putInt(-1).array();
    }
}
