import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Record batches of magic 2, byte by byte: what a producer would not build (broken checksums,
 * sequences with gaps) included. Layout: https://kafka.apache.org/documentation/#recordbatch
 */
final class Batch {
    private static final int CRC_AT = 17;
    private static final int HEADER = 61;
    private static final int TRANSACTIONAL = 0x10;

    private long producerId = -1;
    private short epoch = -1;
    private int sequence = -1;
    private int attributes;
    private long timestamp = System.currentTimeMillis();
    private boolean isBroken;
    private byte[] key = new byte[] {'k'};

    /** Of an idempotent producer. */
    Batch from(long producerId, int epoch, int sequence) {
        this.producerId = producerId;
        this.epoch = (short) epoch;
        this.sequence = sequence;
        return this;
    }

    Batch inTransaction() {
        attributes |= TRANSACTIONAL;
        return this;
    }

    Batch at(long timestamp) {
        this.timestamp = timestamp;
        return this;
    }

    Batch withoutKey() {
        key = null;
        return this;
    }

    /** With a checksum that does not fit. */
    Batch broken() {
        isBroken = true;
        return this;
    }

    /** One record with a value of this many bytes. */
    ByteBuffer of(int size) {
        byte[] record = record(new byte[size]);
        ByteBuffer batch = ByteBuffer.allocate(HEADER + record.length);
        batch.putLong(0).putInt(HEADER + record.length - 12).putInt(-1).put((byte) 2).putInt(0);
        batch.putShort((short) attributes).putInt(0).putLong(timestamp).putLong(timestamp);
        batch.putLong(producerId).putShort(epoch).putInt(sequence).putInt(1).put(record);
        CRC32C crc = new CRC32C();
        crc.update(batch.array(), CRC_AT + 4, batch.position() - CRC_AT - 4);
        batch.putInt(CRC_AT, (int) crc.getValue() ^ (isBroken ? 1 : 0)).flip();
        return batch;
    }

    private byte[] record(byte[] value) {
        ByteArrayOutputStream inner = new ByteArrayOutputStream();
        inner.write(0);
        varint(inner, 0);
        varint(inner, 0);
        varint(inner, key == null ? -1 : key.length);
        inner.writeBytes(key == null ? new byte[0] : key);
        varint(inner, value.length);
        inner.writeBytes(value);
        varint(inner, 0);
        ByteArrayOutputStream outer = new ByteArrayOutputStream();
        varint(outer, inner.size());
        outer.writeBytes(inner.toByteArray());
        return outer.toByteArray();
    }

    private static void varint(ByteArrayOutputStream out, int value) {
        int rest = (value << 1) ^ (value >> 31);
        while ((rest & ~0x7f) != 0) {
            out.write(rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
    }
}
