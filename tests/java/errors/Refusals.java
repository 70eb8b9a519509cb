import java.util.List;

/** Asks a broker for what it must refuse, and for everything else that a client may say. */
public final class Refusals {
    private interface Scene {
        void run(Stage stage) throws Exception;
    }

    private static final List<Scene> SCENES = List.of(
            Topics::run,
            Records::run,
            Groups::run,
            Transactions::run,
            Access::run,
            Settings::run,
            Controllers::run,
            NewGroups::run,
            Formats::run,
            Traffic::run);

    private Refusals() {}

    public static void main(String[] args) throws Exception {
        if (args.length != 3) {
            System.err.println("usage: Refusals HOST:PORT SASL_HOST:PORT CONTROLLER_HOST:PORT");
            System.exit(2);
        }
        Tally tally = new Tally();
        Stage stage = new Stage(args[0], args[1], args[2], tally);
        for (Scene scene : SCENES) {
            try {
                scene.run(stage);
            } catch (Exception failure) {
                failure.printStackTrace();
                tally.failed(failure.toString());
            }
        }
        tally.print(System.out);
    }
}
