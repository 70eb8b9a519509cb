import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import org.xerial.snappy.SnappyOutputStream;

/**
 * Messages of magic 0 and 1, as clients before 0.11 wrote them, alone or wrapped into a compressed
 * one. Layout: https://kafka.apache.org/documentation/#messageset
 */
final class MessageSet {
    static final int NONE = 0;
    static final int GZIP = 1;
    static final int SNAPPY = 2;

    private static final long TIMESTAMP = System.currentTimeMillis();

    private MessageSet() {}

    static ByteBuffer of(int magic, int codec, int count) throws IOException {
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            plain.writeBytes(message(magic, 0, i, ("message " + i + " of the old format").getBytes()));
        }
        byte[] set = plain.toByteArray();
        boolean isWrapped = codec != NONE;
        // Since magic 1 the wrapper has the offset of the last message in it.
        return ByteBuffer.wrap(isWrapped ? message(magic, codec, count - 1, compressed(codec, set)) : set);
    }

    private static byte[] message(int magic, int attributes, long offset, byte[] value) {
        ByteBuffer body = ByteBuffer.allocate(32 + value.length);
        body.put((byte) magic).put((byte) attributes);
        if (magic > 0) {
            body.putLong(TIMESTAMP);
        }
        body.putInt(-1).putInt(value.length).put(value).flip();
        CRC32 crc = new CRC32();
        crc.update(body.duplicate());
        ByteBuffer message = ByteBuffer.allocate(16 + body.remaining());
        message.putLong(offset).putInt(4 + body.remaining()).putInt((int) crc.getValue()).put(body);
        return message.array();
    }

    private static byte[] compressed(int codec, byte[] set) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = codec == GZIP ? new GZIPOutputStream(bytes) : new SnappyOutputStream(bytes)) {
            out.write(set);
        }
        return bytes.toByteArray();
    }
}
