import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes messages of every layout that the jar on the class path knows to standard output, filled
 * with random values and serialised by Kafka's own classes, each with a trace of its values.
 *
 * <p>For each message, big-endian: int16 API key, int16 version, uint8 side (0 request, 1 response),
 * uint8 mode, int32 length of the body, the body (no header), int32 length of the trace, the trace
 * in UTF-8 ({@link Trace}), uint8 1 if it wraps another message, else 0. If it does, that follows:
 * uint8 1 if its header has a client id, else 0; if so, int32 length and the client id in UTF-8; the
 * message.
 *
 * <p>Kafka 3.9's own schemas do not say which record sets may not be null (of FetchSnapshot), so it
 * can only be asked for what a newer Kafka no longer has: {@code --except-file}.
 */
public final class Messages {
    private static final int BUFFER = 1 << 20;

    private Messages() {}

    public static void main(String[] args) throws Exception {
        Options options = Options.parse(args);
        List<Layout> layouts = Layout.all();
        try (DataOutputStream out = standardOutput()) {
            for (Layout layout : layouts) {
                if (options.wants(layout)) {
                    write(layout, options, out);
                }
            }
        }
    }

    private static DataOutputStream standardOutput() {
        return new DataOutputStream(
                new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), BUFFER));
    }

    private static void write(Layout layout, Options options, DataOutputStream out)
            throws IOException {
        List<Mode> modes = Mode.of(layout.schema());
        for (int index = 0; index < options.perLayout(); index++) {
            Mode mode = modes.get(index % modes.size());
            long seed = layout.seed(options.seed(), index);
            try {
                write(layout, mode, Sample.of(layout, mode, seed), out);
            } catch (RuntimeException failure) {
                String message = layout + ", " + mode + ", message " + index;
                throw new IllegalStateException(message, failure);
            }
        }
    }

    private static void write(Layout layout, Mode mode, Sample sample, DataOutputStream out)
            throws IOException {
        out.writeShort(layout.key());
        out.writeShort(layout.version());
        out.writeByte(layout.side().ordinal());
        out.writeByte(mode.ordinal());
        write(sample.body(), out);
        write(sample.trace(), out);
        out.writeBoolean(sample.forwarded() != null);
        if (sample.forwarded() != null) {
            write(sample.forwarded(), out);
        }
    }

    private static void write(Forwarded forwarded, DataOutputStream out) throws IOException {
        String clientId = forwarded.clientId();
        out.writeBoolean(clientId != null);
        if (clientId != null) {
            write(clientId.getBytes(StandardCharsets.UTF_8), out);
        }
        write(forwarded.layout(), forwarded.mode(), forwarded.sample(), out);
    }

    private static void write(byte[] bytes, DataOutputStream out) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }
}
