import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * Several clients of every kind at once on one broker: about as many requests as asked for.
 *
 * <p>Ends when every client has closed; a client's failure is the program's.
 */
public final class Load {
    private static final int PARTITIONS = 3;

    private final Clients clients;
    private final int requests;
    private final List<Job> jobs = new ArrayList<>();

    private interface Job {
        void run() throws Exception;
    }

    private Load(String bootstrap, int requests) {
        this.clients = new Clients(bootstrap);
        this.requests = requests;
    }

    public static void main(String[] args) throws Exception {
        if (args.length < 3) {
            System.err.println("usage: Load HOST:PORT REQUESTS GROUP_PROTOCOL...");
            System.exit(2);
        }
        Load load = new Load(args[0], Integer.parseInt(args[1]));
        load.createTopics();
        load.produce();
        for (String protocol : List.of(args).subList(2, args.length)) {
            load.consumeInGroups(protocol);
        }
        load.consumeAlone();
        load.administer();
        load.runAll();
    }

    private void createTopics() throws Exception {
        try (Admin admin = clients.admin("setup")) {
            List<NewTopic> topics = new ArrayList<>();
            for (String name : List.of("idempotent", "leader-only", "zipped", "unanswered", "ledger")) {
                // As many replicas as the broker wants.
                topics.add(new NewTopic(name, Optional.of(PARTITIONS), Optional.empty()));
            }
            admin.createTopics(topics).all().get();
        } catch (ExecutionException failure) {
            // A load before this one made them.
            if (!(failure.getCause() instanceof TopicExistsException)) {
                throw failure;
            }
        }
    }

    private void produce() {
        Producing producing = new Producing(clients);
        int each = share(12);
        jobs.add(() -> producing.acknowledged("p-idem-1", "idempotent", "all", true, "none", each));
        jobs.add(() -> producing.acknowledged("p-idem-2", "idempotent", "all", true, "zstd", each));
        jobs.add(() -> producing.acknowledged("p-leader", "leader-only", "1", false, "lz4", each));
        jobs.add(() -> producing.acknowledged("p-gzip", "zipped", "all", false, "gzip", each));
        jobs.add(() -> producing.acknowledged("p-snappy", "zipped", "1", false, "snappy", each));
        jobs.add(() -> producing.unacknowledged("p-zero", "unanswered", each));
        Transacting transacting = new Transacting(clients);
        jobs.add(() -> transacting.run("t-1", "ledger", PARTITIONS, share(100)));
        jobs.add(() -> transacting.run("t-2", "ledger", PARTITIONS, share(100)));
    }

    private void consumeInGroups(String protocol) {
        Consuming consuming = new Consuming(clients);
        int rounds = share(100);
        for (String member : List.of("c-1", "c-2")) {
            String id = member + "-" + protocol;
            jobs.add(() -> consuming.member(id, "readers-" + protocol, "idempotent", protocol, rounds));
        }
        String other = "c-3-" + protocol;
        jobs.add(() -> consuming.member(other, "others-" + protocol, "zipped", protocol, rounds));
    }

    private void consumeAlone() {
        Consuming consuming = new Consuming(clients);
        jobs.add(() -> consuming.assigned("c-alone", "leader-only", PARTITIONS, share(100)));
    }

    private void administer() {
        Administering administering = new Administering(clients);
        jobs.add(() -> administering.run("admin-1", share(500)));
        jobs.add(() -> administering.run("admin-2", share(500)));
    }

    private int share(int part) {
        return Math.max(1, requests / part);
    }

    private void runAll() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(jobs.size());
        List<Future<?>> running = new ArrayList<>();
        for (Job job : jobs) {
            running.add(pool.submit(() -> {
                job.run();
                return null;
            }));
        }
        pool.shutdown();
        for (Future<?> job : running) {
            job.get();
        }
    }
}
