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

/** What a broker forwards in an Envelope: a request of an admin API, or its response. */
record Forwarded(Layout layout, Mode mode, String clientId, Sample sample) {
    private static final List<Layout> LAYOUTS = layouts();

    /** Puts one into an Envelope in half of all cases; null in the others, whose bytes stay random. */
    static Forwarded put(Message envelope, Values values, Mode mode) {
        if (mode == Mode.NULLS || mode == Mode.EMPTY || values.bool()) {
            return null;
        }
        Side side = envelope instanceof EnvelopeRequestData ? Side.REQUEST : Side.RESPONSE;
        Forwarded forwarded = any(side, values);
        ByteBuffer message = forwarded.message(values);
        if (envelope instanceof EnvelopeRequestData request) {
            request.setRequestData(message);
        } else {
            ((EnvelopeResponseData) envelope).setResponseData(message);
        }
        return forwarded;
    }

    private static Forwarded any(Side side, Values values) {
        List<Layout> choice = LAYOUTS.stream().filter(layout -> layout.side() == side).toList();
        Layout layout = choice.get(values.below(choice.size()));
        List<Mode> modes = Mode.of(layout.schema());
        Mode mode = modes.get(values.below(modes.size()));
        String clientId = side == Side.RESPONSE || values.below(5) == 0 ? null : values.string();
        return new Forwarded(layout, mode, clientId, Sample.of(layout, mode, values.seed()));
    }

    /** Header and body. */
    private ByteBuffer message(Values values) {
        byte[] header = layout.side() == Side.REQUEST ? requestHeader(values) : responseHeader(values);
        byte[] body = sample.body();
        return ByteBuffer.allocate(header.length + body.length).put(header).put(body).flip();
    }

    private byte[] requestHeader(Values values) {
        RequestHeaderData header =
                new RequestHeaderData()
                        .setRequestApiKey(layout.key())
                        .setRequestApiVersion(layout.version())
                        .setCorrelationId(values.below(1000))
                        .setClientId(clientId);
        short version = layout.api().requestHeaderVersion(layout.version());
        return Sample.serialize(header, version);
    }

    private byte[] responseHeader(Values values) {
        ApiMessageType api = layout.api();
        ResponseHeaderData header = new ResponseHeaderData().setCorrelationId(values.below(1000));
        return Sample.serialize(header, api.responseHeaderVersion(layout.version()));
    }

    private static List<Layout> layouts() {
        List<Layout> layouts = new ArrayList<>(Layout.all());
        layouts.removeIf(layout -> !ApiKeys.forId(layout.key()).forwardable);
        return layouts;
    }
}
