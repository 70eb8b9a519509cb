import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Users, quotas, tokens and features: a cluster's own settings. */
final class Settings {
    private static final int SCRAM_SHA_256 = 1;
    /** A topic, and the id of a client with quotas. */
    private static final String SLOW = "slow";

    private final Stage stage;
    private final RawClient client;

    private Settings(Stage stage, RawClient client) {
        this.stage = stage;
        this.client = client;
    }

    static void run(Stage stage) throws Exception {
        try (RawClient client = stage.anonymous()) {
            Settings settings = new Settings(stage, client);
            settings.users();
            settings.tokens();
            settings.features();
            settings.quotas();
            settings.outOfPlace();
        }
    }

    private void users() throws Exception {
        String alter = "AlterUserScramCredentials";
        client.ask(alter, Body.of("upsertions", List.of(credential("carol", 4096))));
        client.refused("UNACCEPTABLE_CREDENTIAL", alter, Body.of("upsertions", List.of(credential("dave", 5))));
        client.refused("RESOURCE_NOT_FOUND", alter,
                Body.of("deletions", Body.one("name", "nobody", "mechanism", SCRAM_SHA_256)));
        client.refused("DUPLICATE_RESOURCE", alter,
                Body.of("upsertions", List.of(credential("eve", 4096), credential("eve", 8192))));
        String describe = "DescribeUserScramCredentials";
        client.refused("RESOURCE_NOT_FOUND", describe, Body.of("users", Body.one("name", "nobody")));
        client.refused("DUPLICATE_RESOURCE", describe,
                Body.of("users", List.of(Body.of("name", "carol"), Body.of("name", "carol"))));
    }

    private static Map<String, Object> credential(String user, int iterations) {
        byte[] bytes = "a salt, or a salted password".getBytes(StandardCharsets.UTF_8);
        return Body.of("name", user, "mechanism", SCRAM_SHA_256, "iterations", iterations,
                "salt", bytes, "saltedPassword", bytes);
    }

    private void tokens() throws Exception {
        Map<String, Object> creation = Body.of("renewers", List.of(), "maxLifetimeMs", -1);
        String error = "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED";
        client.refused(error, "CreateDelegationToken", creation);
        client.refused(error, "RenewDelegationToken", Body.of("hmac", new byte[] {1}, "renewPeriodMs", 1));
        client.refused(error, "ExpireDelegationToken", Body.of("hmac", new byte[] {1}));
        client.refused(error, "DescribeDelegationToken", Body.of("owners", null));
        try (RawClient admin = stage.as(Stage.ADMIN)) {
            admin.refused("DELEGATION_TOKEN_AUTH_DISABLED", "CreateDelegationToken", creation);
        }
    }

    private void features() throws Exception {
        client.refused("INVALID_UPDATE_VERSION|INVALID_REQUEST|FEATURE_UPDATE_FAILED", "UpdateFeatures",
                Body.of("timeoutMs", 10_000, "featureUpdates",
                        Body.one("feature", "no.such.feature", "maxVersionLevel", 99)));
    }

    /** A user who may change topics next to never. */
    private void quotas() throws Exception {
        quota("user", Stage.ADMIN, "controller_mutation_rate", 0.01, false);
        quota("client-id", SLOW, "producer_byte_rate", 1_000.0, false);
        quota("client-id", SLOW, "consumer_byte_rate", 1_000.0, false);
        throttled();
        client.ask("DescribeClientQuotas", Body.of("components", List.of()));
        try (RawClient admin = stage.as(Stage.ADMIN)) {
            for (int i = 0; !mutation(admin, i).hasOneOf("THROTTLING_QUOTA_EXCEEDED"); i++) {
                Thread.sleep(20);
            }
        }
        quota("user", Stage.ADMIN, "controller_mutation_rate", 0.0, true);
    }

    /** A client that produces, and then fetches, until it is told to wait. */
    private void throttled() throws Exception {
        stage.topic(SLOW);
        Map<String, Object> fetch = Body.of("replicaId", -1, "maxWaitMs", 1, "maxBytes", 4_000, "topics",
                Body.one("topic", SLOW, "partitions", Body.one("partition", 0, "partitionMaxBytes", 4_000)));
        fetch.put("sessionEpoch", -1);
        try (RawClient slow = new RawClient(stage.plain, SLOW, stage.tally).greet()) {
            while (!isThrottled(slow.ask("Produce", 8, Stage.produce(SLOW, 1, new Batch().of(3_000))))) {}
        }
        try (RawClient slow = new RawClient(stage.plain, SLOW, stage.tally).greet()) {
            while (!isThrottled(slow.ask("Fetch", 11, fetch))) {}
        }
    }

    private static boolean isThrottled(Answer answer) throws Exception {
        return (Integer) answer.at("throttleTimeMs") > 0;
    }

    private static Answer mutation(RawClient admin, int number) throws Exception {
        return admin.ask("CreateTopics", Body.of("timeoutMs", 30_000, "topics",
                Body.one("name", "throttled-" + number, "numPartitions", 1, "replicationFactor", 1)));
    }

    private void quota(String type, String name, String key, double value, boolean remove) throws Exception {
        client.ask("AlterClientQuotas", Body.of("entries", Body.one(
                "entity", Body.one("entityType", type, "entityName", name),
                "ops", Body.one("key", key, "value", value, "remove", remove))));
    }

    /** A login where there is none, and a version that will never be. */
    private void outOfPlace() throws Exception {
        client.refused("ILLEGAL_SASL_STATE", "SaslHandshake", 1, Body.of("mechanism", "PLAIN"));
        client.refused("ILLEGAL_SASL_STATE", "SaslAuthenticate", 1, Body.of("authBytes", new byte[] {0}));
        stage.tally.shows(client.unheardOf(), "UNSUPPORTED_VERSION");
    }
}
