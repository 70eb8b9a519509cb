import io.kroxylicious.proxy.KafkaProxy;
import io.kroxylicious.proxy.config.ConfigParser;
import io.kroxylicious.proxy.internal.config.Features;
import java.nio.file.Files;
import java.nio.file.Path;

/** Kroxylicious with the settings in a file: its own command line is not among its jars. */
class Proxy {
    public static void main(String[] arguments) throws Exception {
        ConfigParser parser = new ConfigParser();
        String settings = Files.readString(Path.of(arguments[0]));
        try (KafkaProxy proxy = new KafkaProxy(
                parser, parser.parseConfiguration(settings), Features.defaultFeatures())) {
            proxy.startup().block();
        }
    }
}
