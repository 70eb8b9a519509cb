import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.types.Schema;

/** The bytes of one API in one version and one direction. */
record Layout(ApiMessageType api, short version, Side side) {
    /** All that the jar knows, versions that are not released included. */
    static List<Layout> all() {
        List<Layout> layouts = new ArrayList<>();
        for (ApiMessageType api : ApiMessageType.values()) {
            int last = api.highestSupportedVersion(true);
            for (int version = api.lowestSupportedVersion(); version <= last; version++) {
                layouts.add(new Layout(api, (short) version, Side.REQUEST));
                layouts.add(new Layout(api, (short) version, Side.RESPONSE));
            }
        }
        return layouts;
    }

    short key() {
        return api.apiKey();
    }

    Schema schema() {
        Schema[] schemas = side == Side.REQUEST ? api.requestSchemas() : api.responseSchemas();
        return NullableStruct.corrected(schemas[version], create());
    }

    /** A message with nothing but defaults. */
    Message create() {
        return side == Side.REQUEST ? api.newRequest() : api.newResponse();
    }

    /** Of one message: whatever else is generated in the same run, it is the same message. */
    long seed(long run, int index) {
        long layout = (key() * 1000L + version) * 2 + side.ordinal();
        return (run * 1_000_003 + layout) * 1_000_003 + index;
    }

    @Override
    public String toString() {
        return api.name + " v" + version + " " + side;
    }
}
