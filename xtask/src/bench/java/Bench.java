import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * Kafka's own clients under load: a command a line on standard input, its result a line of JSON on
 * standard output. One Java machine serves all runs, so that its compiler has warmed up.
 */
public final class Bench {
    private Bench() {}

    public static void main(String[] args) {
        try {
            obey();
        } catch (Exception failure) {
            failure.printStackTrace();
            // Other clients may still run.
            System.exit(1);
        }
    }

    private static void obey() throws Exception {
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            Order order = Order.parse(line);
            Traffic traffic = new Traffic();
            switch (order.verb()) {
                case "create" -> create(order);
                case "delete" -> delete(order);
                case "produce" -> traffic = produce(order);
                case "fetch" -> traffic = Consuming.rounds(order);
                default -> throw new IllegalArgumentException(line);
            }
            System.out.println(traffic.json());
        }
    }

    private static void create(Order order) throws Exception {
        try (Admin admin = admin(order)) {
            NewTopic topic = new NewTopic(order.topic(), order.number("partitions"), (short) 1);
            admin.createTopics(List.of(topic)).all().get();
        }
    }

    private static void delete(Order order) throws Exception {
        try (Admin admin = admin(order)) {
            admin.deleteTopics(List.of(order.topic())).all().get();
        }
    }

    private static Admin admin(Order order) {
        return Admin.create(Map.of("bootstrap.servers", order.text("bootstrap")));
    }

    /** Producers at once, and with {@code tail} a consumer that reads along. */
    private static Traffic produce(Order order) throws Exception {
        int producers = order.number("producers");
        List<Callable<Traffic>> jobs = new ArrayList<>(Collections.nCopies(producers, new Producing(order)));
        if (order.number("tail") != 0) {
            jobs.add(() -> Consuming.along(order));
        }
        ExecutorService pool = Executors.newFixedThreadPool(jobs.size());
        long start = System.nanoTime();
        List<Future<Traffic>> running = jobs.stream().map(pool::submit).toList();
        pool.shutdown();
        Traffic all = new Traffic();
        for (Future<Traffic> job : running) {
            all.add(job.get());
        }
        all.nanoseconds = Math.max(all.ended - start, 1);
        return all;
    }
}
