import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/** Creates topics, and waits until the broker knows them: BOOTSTRAP PARTITIONS NAME... */
final class Topics {
    public static void main(String[] args) throws Exception {
        int partitions = Integer.parseInt(args[1]);
        List<String> names = Arrays.asList(args).subList(2, args.length);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
            admin.createTopics(names.stream()
                            .map(name -> new NewTopic(name, partitions, (short) 1))
                            .collect(Collectors.toList()))
                    .all()
                    .get();
            // With KRaft the controller answers before the broker knows them.
            while (!admin.listTopics().names().get().containsAll(names)) {
                Thread.sleep(20);
            }
        }
    }
}
