import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.EnvelopeRequestData;
import org.apache.kafka.common.message.EnvelopeResponseData;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Message;

/** What a broker forwards: a request of an admin API, or its response, header and all. */
final class Forwarded {
    private static final List<Layout> LAYOUTS = layouts();

    private Forwarded() {}

    /** Puts one into an Envelope in half of all cases; the others keep their random bytes. */
    static void put(Message envelope, Values values, Mode mode) {
        if (mode == Mode.NULLS || mode == Mode.EMPTY || values.bool()) {
            return;
        }
        Side side = envelope instanceof EnvelopeRequestData ? Side.REQUEST : Side.RESPONSE;
        List<Layout> choice = LAYOUTS.stream().filter(layout -> layout.side() == side).toList();
        Layout layout = choice.get(values.below(choice.size()));
        ByteBuffer message = message(layout, values);
        if (envelope instanceof EnvelopeRequestData request) {
            request.setRequestData(message);
        } else {
            ((EnvelopeResponseData) envelope).setResponseData(message);
        }
    }

    private static ByteBuffer message(Layout layout, Values values) {
        byte[] header = header(layout, values);
        Message message = layout.create();
        new Filler(values, Mode.RANDOM).fill(message, layout.schema());
        byte[] body = Sample.serialize(message, layout.version());
        return ByteBuffer.allocate(header.length + body.length).put(header).put(body).flip();
    }

    private static byte[] header(Layout layout, Values values) {
        ApiMessageType api = layout.api();
        if (layout.side() == Side.RESPONSE) {
            ResponseHeaderData header = new ResponseHeaderData().setCorrelationId(values.below(1000));
            return Sample.serialize(header, api.responseHeaderVersion(layout.version()));
        }
        RequestHeaderData header =
                new RequestHeaderData()
                        .setRequestApiKey(layout.key())
                        .setRequestApiVersion(layout.version())
                        .setCorrelationId(values.below(1000))
                        .setClientId(values.string());
        return Sample.serialize(header, api.requestHeaderVersion(layout.version()));
    }

    private static List<Layout> layouts() {
        List<Layout> layouts = new ArrayList<>(Layout.all());
        layouts.removeIf(layout -> !ApiKeys.forId(layout.key()).forwardable);
        return layouts;
    }
}
