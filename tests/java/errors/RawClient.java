import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/** A connection that asks for what Kafka's own clients would never ask for. */
final class RawClient implements AutoCloseable {
    private static final int PATIENCE_MS = 60_000;

    private final String id;
    private final Tally tally;
    private final Socket socket;
    private final DataInputStream answers;
    private final Map<String, Short> oldest = new HashMap<>();
    private final Map<String, Short> newest = new HashMap<>();
    /** Whether it has yet to log in. */
    private boolean isStranger;
    private int correlationId;

    RawClient(String address, String id, Tally tally) throws Exception {
        int colon = address.lastIndexOf(':');
        this.id = id;
        this.tally = tally;
        this.socket = new Socket(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MS);
        this.answers = new DataInputStream(socket.getInputStream());
    }

    /** One that the broker does not let in before it has logged in. */
    static RawClient stranger(String address, String id, Tally tally) throws Exception {
        RawClient client = new RawClient(address, id, tally);
        client.isStranger = true;
        return client;
    }

    /** Asks which versions the broker knows. */
    RawClient greet() throws Exception {
        Answer answer = ask("ApiVersions", 0, Body.of());
        for (ApiMessageType type : ApiMessageType.values()) {
            Object range = answer.element("apiKeys", "apiKey", type.apiKey());
            if (range != null) {
                oldest.put(type.name, (Short) Answer.field(range, "minVersion"));
                newest.put(type.name, (Short) Answer.field(range, "maxVersion"));
            }
        }
        return this;
    }

    /** Logs in with PLAIN, or tries to. */
    Answer login(String user, String password) throws Exception {
        byte[] token = ("\0" + user + "\0" + password).getBytes(StandardCharsets.UTF_8);
        ask("SaslHandshake", 1, Body.of("mechanism", "PLAIN"));
        Answer answer = ask("SaslAuthenticate", 1, Body.of("authBytes", token));
        isStranger = !answer.errors.isEmpty();
        return answer;
    }

    /** Whether both the broker and this library know that version of an API. */
    boolean knows(String api, int version) {
        return newest.containsKey(api)
                && newest.get(api) >= version
                && oldest.get(api) <= version
                && type(api).lowestSupportedVersion() <= version;
    }

    /** The newest version of an API that both know: they are of one release. */
    int newest(String api) {
        return newest.get(api);
    }

    /** Asks in the newest version. */
    Answer ask(String api, Map<String, Object> fields) throws Exception {
        return ask(api, newest(api), fields);
    }

    /** Asks, and waits for the answer. */
    Answer ask(String api, int version, Map<String, Object> fields) throws Exception {
        tell(api, version, fields);
        return hear(api, version);
    }

    /** Asks for what the broker should refuse with one of these errors ('|' between them). */
    Answer refused(String errors, String api, Map<String, Object> fields) throws Exception {
        return refused(errors, api, newest(api), fields);
    }

    /** The same in this version. */
    Answer refused(String errors, String api, int version, Map<String, Object> fields) throws Exception {
        return tally.shows(ask(api, version, fields), errors.split("\\|"));
    }

    /** Asks, and leaves the answer, if there is to be one, to {@link #hear}. */
    void tell(String api, int version, Map<String, Object> fields) throws Exception {
        ApiMessage body = type(api).newRequest();
        Body.fill(body, fields);
        send(type(api).apiKey(), version, type(api).requestHeaderVersion((short) version), body);
    }

    /** Asks for versions in one that will never be; the answer comes in the oldest. */
    Answer unheardOf() throws Exception {
        short apiKey = type("ApiVersions").apiKey();
        send(apiKey, 99, type("ApiVersions").requestHeaderVersion((short) 3), null);
        return hear("ApiVersions", 0);
    }

    private void send(int apiKey, int version, int headerVersion, ApiMessage body) throws IOException {
        RequestHeaderData header = new RequestHeaderData();
        header.setRequestApiKey((short) apiKey);
        header.setRequestApiVersion((short) version);
        header.setCorrelationId(++correlationId);
        header.setClientId(id);
        byte[] head = bytes(header, (short) headerVersion);
        byte[] rest = body == null ? new byte[0] : bytes(body, (short) version);
        ByteBuffer frame = ByteBuffer.allocate(4 + head.length + rest.length);
        frame.putInt(head.length + rest.length).put(head).put(rest);
        socket.getOutputStream().write(frame.array());
    }

    /** The next answer, in the layout of this version. */
    Answer hear(String api, int version) throws Exception {
        byte[] bytes = new byte[answers.readInt()];
        answers.readFully(bytes);
        ByteBufferAccessor readable = new ByteBufferAccessor(ByteBuffer.wrap(bytes));
        short headerVersion = type(api).responseHeaderVersion((short) version);
        new ResponseHeaderData().read(readable, headerVersion);
        ApiMessage body = type(api).newResponse();
        body.read(readable, (short) version);
        return tally.take(new Answer(api, version, body), isStranger);
    }

    /** Waits until the broker closes the connection, as it does where it cannot answer. */
    void awaitClose() throws IOException {
        if (answers.read() != -1) {
            throw new IOException("an answer, where the broker should close the connection");
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private static byte[] bytes(Message message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(buffer), cache, version);
        return buffer.array();
    }

    private static ApiMessageType type(String api) {
        for (ApiMessageType type : ApiMessageType.values()) {
            if (type.name.equals(api)) {
                return type;
            }
        }
        throw new IllegalArgumentException("no API " + api);
    }
}
