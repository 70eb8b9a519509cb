import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaFilter;

/** Rounds of administration: topics, settings, offsets, groups, and calls the broker refuses. */
final class Administering {
    private final Clients clients;

    Administering(Clients clients) {
        this.clients = clients;
    }

    void run(String id, int rounds) throws Exception {
        try (Admin admin = clients.admin(id)) {
            for (int round = 0; round < rounds; round++) {
                String topic = id + "-" + round;
                topics(admin, topic);
                settings(admin, topic);
                groups(admin, topic);
                cluster(admin);
                refused(admin, topic);
                admin.deleteTopics(List.of(topic)).all().get();
            }
        }
    }

    private static void topics(Admin admin, String topic) throws Exception {
        TopicPartition first = new TopicPartition(topic, 0);
        admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1))).all().get();
        awaitListed(admin, topic);
        admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all().get();
        admin.listOffsets(Map.of(first, OffsetSpec.earliest())).all().get();
        admin.deleteRecords(Map.of(first, RecordsToDelete.beforeOffset(0))).all().get();
        admin.listPartitionReassignments().reassignments().get();
        admin.electLeaders(ElectionType.PREFERRED, null).partitions().get();
    }

    /** With KRaft the controller answers before the broker knows the topic. */
    private static void awaitListed(Admin admin, String topic) throws Exception {
        while (!admin.listTopics().names().get().contains(topic)) {
            Thread.sleep(5);
        }
    }

    private static void settings(Admin admin, String topic) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        AlterConfigOp retention =
                new AlterConfigOp(new ConfigEntry("retention.ms", "3600000"), AlterConfigOp.OpType.SET);
        Collection<AlterConfigOp> changes = List.of(retention);
        admin.incrementalAlterConfigs(Map.of(resource, changes)).all().get();
        admin.describeConfigs(List.of(resource)).all().get();
        admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get();
    }

    private static void groups(Admin admin, String topic) throws Exception {
        String group = topic + "-group";
        Map<TopicPartition, OffsetAndMetadata> offsets =
                Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(0));
        admin.alterConsumerGroupOffsets(group, offsets).all().get();
        admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
        admin.listConsumerGroups().all().get();
        admin.describeConsumerGroups(List.of(group)).all().get();
        admin.deleteConsumerGroups(List.of(group)).all().get();
    }

    private static void cluster(Admin admin) throws Exception {
        admin.describeCluster().nodes().get();
        admin.describeLogDirs(List.of(1)).allDescriptions().get();
        admin.describeFeatures().featureMetadata().get();
    }

    private static void refused(Admin admin, String topic) throws Exception {
        NewTopic tooManyReplicas = new NewTopic(topic + "-x", Optional.of(1), Optional.of((short) 9));
        NewTopic badName = new NewTopic("no spaces", 1, (short) 1);
        TopicPartition absent = new TopicPartition(topic, 99);
        refused(admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all());
        refused(admin.createTopics(List.of(tooManyReplicas, badName)).all());
        refused(admin.describeAcls(AclBindingFilter.ANY).values());
        refused(admin.describeDelegationToken().delegationTokens());
        refused(admin.deleteConsumerGroups(List.of(topic + "-absent")).all());
        refused(admin.electLeaders(ElectionType.PREFERRED, Set.of(absent)).all());
    }

    private static void refused(KafkaFuture<?> future) throws InterruptedException {
        try {
            future.get();
        } catch (ExecutionException expected) {
            return;
        }
        throw new IllegalStateException("the broker did what it should refuse");
    }
}
