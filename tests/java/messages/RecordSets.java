import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.*;
import org.apache.kafka.common.record.internal.*;

/** Sets of records as producers and brokers send them, of every format. */
final class RecordSets {
    private static final CompressionType[] CODECS = CompressionType.values();

    /** What keys and values of records begin with, so that it can be told from the rest. */
    private static final byte[] MARK = "<record>".getBytes(StandardCharsets.US_ASCII);

    /** Sets of a message that may be large: there may be one for each of many partitions. */
    private static final int MOST_LARGE = 2;

    private final Values values;
    private final Mode mode;
    private int sets;

    RecordSets(Values values, Mode mode) {
        this.values = values;
        this.mode = mode;
    }

    /** Any set: most often batches (magic 2), sometimes one cut, an older message set, or nothing. */
    MemoryRecords any() {
        sets++;
        int kind = mode == Mode.EMPTY ? 0 : 1 + values.below(9);
        return switch (kind) {
            case 0, 1 -> MemoryRecords.EMPTY;
            case 2 -> records(messageSet(RecordBatch.MAGIC_VALUE_V0));
            case 3 -> records(messageSet(RecordBatch.MAGIC_VALUE_V1));
            case 4 -> cut(batches());
            default -> records(batches());
        };
    }

    private boolean isLarge() {
        return mode == Mode.MAXIMAL && sets <= MOST_LARGE;
    }

    private static MemoryRecords records(byte[] bytes) {
        return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes));
    }

    /** As a Fetch response holds them when the limit of its bytes lies within a batch. */
    private MemoryRecords cut(byte[] bytes) {
        return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes, 0, values.below(bytes.length)).slice());
    }

    private byte[] batches() {
        ByteArrayOutputStream set = new ByteArrayOutputStream();
        int count = isLarge() ? 6 : 1 + values.below(3);
        for (int i = 0; i < count; i++) {
            set.writeBytes(values.below(6) == 0 ? marker(i) : batch(i));
        }
        return set.toByteArray();
    }

    private byte[] batch(int at) {
        boolean hasProducer = values.below(2) == 0;
        boolean isTransactional = hasProducer && values.below(2) == 0;
        try (MemoryRecordsBuilder builder =
                builder(RecordBatch.CURRENT_MAGIC_VALUE, codec(), at, hasProducer, isTransactional)) {
            append(builder, headers());
            return bytes(builder.build());
        }
    }

    /** The end of a transaction. */
    private byte[] marker(int at) {
        EndTransactionMarker marker =
                new EndTransactionMarker(
                        values.bool() ? ControlRecordType.COMMIT : ControlRecordType.ABORT,
                        values.below(10));
        return bytes(
                MemoryRecords.withEndTransactionMarker(at, 1_000L, 0, values.below(9), (short) 1, marker));
    }

    /** Plain messages, or one message that wraps them compressed. */
    private byte[] messageSet(byte magic) {
        CompressionType codec = codec();
        // Zstandard came after these formats.
        CompressionType known = codec == CompressionType.ZSTD ? CompressionType.GZIP : codec;
        try (MemoryRecordsBuilder builder = builder(magic, known, 0, false, false)) {
            append(builder, new Header[0]);
            return bytes(builder.build());
        }
    }

    private MemoryRecordsBuilder builder(
            byte magic, CompressionType codec, long at, boolean hasProducer, boolean isTransactional) {
        boolean isOldest = magic == RecordBatch.MAGIC_VALUE_V0;
        return MemoryRecords.builder(
                ByteBuffer.allocate(512),
                magic,
                Compression.of(codec).build(),
                isOldest ? TimestampType.NO_TIMESTAMP_TYPE : TimestampType.CREATE_TIME,
                at * 1000,
                RecordBatch.NO_TIMESTAMP,
                hasProducer ? 1 + values.below(1000) : RecordBatch.NO_PRODUCER_ID,
                hasProducer ? (short) values.below(9) : RecordBatch.NO_PRODUCER_EPOCH,
                hasProducer ? values.below(1000) : RecordBatch.NO_SEQUENCE,
                isTransactional,
                false,
                values.below(50));
    }

    private void append(MemoryRecordsBuilder builder, Header[] headers) {
        int count = 1 + values.below(isLarge() ? 40 : 5);
        for (int i = 0; i < count; i++) {
            boolean isOldest = builder.magic() == RecordBatch.MAGIC_VALUE_V0;
            long time = isOldest ? RecordBatch.NO_TIMESTAMP : 1_700_000_000_000L + values.below(1000);
            byte[] key = values.below(4) == 0 ? null : marked(values.bytes());
            byte[] value = values.below(8) == 0 ? null : marked(values.bytes());
            builder.append(time, key, value, headers);
        }
    }

    private Header[] headers() {
        List<Header> headers = new ArrayList<>();
        for (int i = values.below(3); i > 0; i--) {
            headers.add(new RecordHeader(values.string(), marked(values.bytes())));
        }
        return headers.toArray(new Header[0]);
    }

    private static byte[] marked(byte[] data) {
        return ByteBuffer.allocate(MARK.length + data.length).put(MARK).put(data).array();
    }

    private CompressionType codec() {
        return CODECS[values.below(CODECS.length)];
    }

    private static byte[] bytes(MemoryRecords records) {
        byte[] bytes = new byte[records.sizeInBytes()];
        records.buffer().get(bytes);
        return bytes;
    }
}
