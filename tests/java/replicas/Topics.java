import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.ElectionNotNeededException;

/** Topics with a replica of each partition on every node. */
final class Topics {
    private static final int PARTITIONS = 3;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final List<String> SPREAD = List.of("led", "synced", "once");

    private final Admin admin;
    private final List<Integer> nodes;

    Topics(Admin admin, List<Integer> nodes) {
        this.admin = admin;
        this.nodes = nodes;
    }

    /** The one partition of "single" belongs to the first node, those of the others to one node each. */
    void create() throws Exception {
        Map<Integer, List<Integer>> spread = new TreeMap<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            List<Integer> replicas = new java.util.ArrayList<>(nodes);
            Collections.rotate(replicas, -partition);
            spread.put(partition, replicas);
        }
        List<NewTopic> topics = new java.util.ArrayList<>();
        topics.add(new NewTopic("single", Map.of(0, nodes)));
        for (String name : SPREAD) {
            topics.add(new NewTopic(name, spread));
        }
        for (NewTopic topic : topics) {
            topic.configs(Map.of("min.insync.replicas", "2"));
        }
        admin.createTopics(topics).all().get();
        await("not every topic has come to be", partition -> partition.leader() != null);
    }

    void awaitInSync() throws Exception {
        await("a replica is not in sync", partition -> partition.isr().size() == nodes.size());
    }

    void elect() throws Exception {
        Map<?, Optional<Throwable>> elected = admin.electLeaders(ElectionType.PREFERRED, null).partitions().get();
        for (Optional<Throwable> failure : elected.values()) {
            if (failure.isPresent() && !(failure.get() instanceof ElectionNotNeededException)) {
                throw new IllegalStateException(failure.get());
            }
        }
        await("a partition is not led by its first replica",
                partition -> partition.leader() != null
                        && partition.leader().id() == partition.replicas().get(0).id());
    }

    void close() {
        admin.close();
    }

    private void await(String complaint, Predicate<TopicPartitionInfo> isMet) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isMetByAll(isMet)) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(complaint);
            }
            Thread.sleep(100);
        }
    }

    private boolean isMetByAll(Predicate<TopicPartitionInfo> isMet) throws Exception {
        Set<String> names = new java.util.TreeSet<>(SPREAD);
        names.add("single");
        try {
            return admin.describeTopics(names).allTopicNames().get().values().stream()
                    .allMatch(topic -> topic.partitions().stream().allMatch(isMet));
        } catch (java.util.concurrent.ExecutionException failure) {
            if (failure.getCause() instanceof org.apache.kafka.common.errors.RetriableException) {
                return false;
            }
            throw failure;
        }
    }
}
