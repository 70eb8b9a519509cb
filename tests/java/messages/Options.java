import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** What was asked for on the command line; a null wants all. */
record Options(
        long seed, int perLayout, Short api, Short version, Side only, Set<String> except) {
    private static final String USAGE =
            "usage: Messages --seed=N --per-layout=N [--api=KEY] [--version=V]"
                    + " [--only=request|response] [--except-file=FILE: lines of KEY VERSION]";

    /** Ends the process where they cannot be understood. */
    static Options parse(String[] args) throws IOException {
        Options options = new Options(0, 1, null, null, null, Set.of());
        for (String argument : args) {
            String[] flag = argument.split("=", 2);
            try {
                options = options.with(flag[0], flag.length == 2 ? flag[1] : "");
            } catch (IllegalArgumentException notUnderstood) {
                throw refuse(argument);
            }
        }
        return options;
    }

    boolean wants(Layout layout) {
        return (api == null || api == layout.key())
                && (version == null || version == layout.version())
                && (only == null || only == layout.side())
                && !except.contains(layout.key() + " " + layout.version());
    }

    private Options with(String flag, String value) throws IOException {
        return switch (flag) {
            case "--seed" ->
                new Options(Long.parseLong(value), perLayout, api, version, only, except);
            case "--per-layout" ->
                new Options(seed, Integer.parseInt(value), api, version, only, except);
            case "--api" -> new Options(seed, perLayout, Short.valueOf(value), version, only, except);
            case "--version" -> new Options(seed, perLayout, api, Short.valueOf(value), only, except);
            case "--only" -> new Options(seed, perLayout, api, version, Side.parse(value), except);
            case "--except-file" ->
                new Options(seed, perLayout, api, version, only, lines(Path.of(value)));
            default -> throw new IllegalArgumentException(flag);
        };
    }

    private static Set<String> lines(Path file) throws IOException {
        return new HashSet<>(Files.readAllLines(file));
    }

    private static RuntimeException refuse(String why) {
        System.err.println("cannot understand " + why + "\n" + USAGE);
        System.exit(2);
        return new IllegalStateException("ended");
    }
}
