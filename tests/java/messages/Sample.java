import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;

/** One message: its body on the wire, the trace of what is in it, and what it wraps, or null. */
record Sample(byte[] body, byte[] trace, Forwarded forwarded) {
    /**
     * Fills a message, and holds what Kafka's two readers make of its bytes, that of the generated
     * class and that of the schema, against what was filled in.
     */
    static Sample of(Layout layout, Mode mode, long seed) {
        Values values = new Values(seed, mode);
        Message message = layout.create();
        new Filler(values, mode).fill(message, layout.schema());
        boolean isEnvelope = layout.api() == ApiMessageType.ENVELOPE;
        Forwarded forwarded = isEnvelope ? Forwarded.put(message, values, mode) : null;
        byte[] body = serialize(message, layout.version());
        checkRead(layout, message, body);
        return new Sample(body, trace(layout.schema(), body, message), forwarded);
    }

    static byte[] serialize(Message message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(buffer), cache, version);
        if (buffer.hasRemaining()) {
            throw new IllegalStateException("shorter than its own size says: " + message);
        }
        return buffer.array();
    }

    private static void checkRead(Layout layout, Message message, byte[] body) {
        Message again = layout.create();
        ByteBuffer buffer = ByteBuffer.wrap(body);
        again.read(new ByteBufferAccessor(buffer), layout.version());
        if (buffer.hasRemaining() || !again.equals(message)) {
            throw new IllegalStateException("read as " + again + ", written as " + message);
        }
    }

    private static byte[] trace(Schema schema, byte[] body, Message message) {
        ByteBuffer buffer = ByteBuffer.wrap(body);
        Struct wire = schema.read(buffer);
        if (buffer.hasRemaining()) {
            throw new IllegalStateException("the schema leaves bytes over");
        }
        return Trace.of(schema, wire, message).getBytes(StandardCharsets.UTF_8);
    }
}
