import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.List;
import java.util.Map;

/**
 * Clients of a cluster whose brokers come and go: they write and read until they are told to end.
 *
 * <p>Each line on standard input is a command, and is said again when it is done:
 * <pre>
 * progress   every client has written or read some more
 * hold       no client writes or reads, and every record is answered
 * resume     they go on
 * in-sync    every replica is in sync
 * elect      every partition is led by the first of its replicas
 * end        every client has closed
 * </pre>
 */
public final class Replicas {
    private final Topics topics;
    private final Crew crew = new Crew();

    private Replicas(Clients clients, List<Integer> nodes) throws Exception {
        topics = new Topics(clients.admin("operator"), nodes);
        topics.create();
        crew.add(new Writer(clients, "w-single", "single", 1, Map.of("acks", "1", "enable.idempotence", false), 1));
        crew.add(new Writer(clients, "w-led", "led", 3, Map.of("acks", "1", "enable.idempotence", false), 1));
        crew.add(new Writer(clients, "w-synced", "synced", 3, Map.of("acks", "all", "enable.idempotence", false), 5));
        crew.add(new Writer(clients, "w-once", "once", 3, Map.of("acks", "all", "enable.idempotence", true), 5));
        crew.add(new Reader(clients, "r-led", "led", Map.of("group.id", "one-reader")));
        crew.add(new Reader(clients, "r-single", "single", Map.of("group.id", "classic-readers")));
        crew.add(new Reader(clients, "r-synced", "synced", Map.of("group.id", "classic-readers")));
        crew.add(new Reader(clients, "r-once", "once", Map.of("group.id", "new-readers", "group.protocol", "consumer")));
        crew.start();
    }

    public static void main(String[] args) throws Exception {
        if (args.length < 2) {
            System.err.println("usage: Replicas HOST:PORT,... NODE_ID...");
            System.exit(2);
        }
        List<Integer> nodes = List.of(args).subList(1, args.length).stream().map(Integer::valueOf).toList();
        Replicas replicas = new Replicas(new Clients(args[0]), nodes);
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        for (String command = commands.readLine(); command != null; command = commands.readLine()) {
            replicas.obey(command);
            System.out.println(command);
        }
        // Whoever commands is gone.
        System.exit(0);
    }

    private void obey(String command) throws Exception {
        switch (command) {
            case "progress" -> crew.awaitProgress();
            case "hold" -> crew.hold();
            case "resume" -> crew.resume();
            case "in-sync" -> topics.awaitInSync();
            case "elect" -> topics.elect();
            case "end" -> {
                crew.end();
                topics.close();
            }
            default -> throw new IllegalArgumentException(command);
        }
    }
}
