package penstock;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.types.Row;
import org.apache.flink.util.Collector;

/**
 * A message of a channel's log as the row (key, bytes) that PyFlink's keyed operator takes.
 *
 * <p>PyFlink's own key_by would make this row in Python, in the source's thread; that thread would compete for the
 * interpreter's lock and copy every frame twice more. A message that does not begin like a frame of a known channel gets
 * the other key; one without a value is an empty one.
 */
public final class KeyedMessages implements KafkaRecordDeserializationSchema<Row> {
    private static final long serialVersionUID = 1L;

    private static final byte[] NOTHING = {};

    private final byte[] prefix;
    private final int channelAt;
    private final Map<Integer, Long> keys = new HashMap<>();
    private final long otherKey;

    /** Frames begin with {@code prefix}; their channel is the little-endian 16-bit number at {@code channelAt}. */
    public KeyedMessages(byte[] prefix, int channelAt, Map<? extends Number, ? extends Number> keys, long otherKey) {
        this.prefix = prefix;
        this.channelAt = channelAt;
        this.otherKey = otherKey;
        // A client in another language may give any width of integer.
        keys.forEach((channel, key) -> this.keys.put(channel.intValue(), key.longValue()));
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> message, Collector<Row> out) {
        byte[] value = message.value() == null ? NOTHING : message.value();
        MessageInHand.take(value);
        try {
            out.collect(Row.of(keyOf(value), value));
        } finally {
            MessageInHand.leave();
        }
    }

    /** The key of a message. */
    public long keyOf(byte[] value) {
        if (value.length < channelAt + 2) {
            return otherKey;
        }
        for (int at = 0; at < prefix.length; at++) {
            if (value[at] != prefix[at]) {
                return otherKey;
            }
        }
        int channel = (value[channelAt] & 0xFF) | (value[channelAt + 1] & 0xFF) << 8;
        return keys.getOrDefault(channel, otherKey);
    }

    @Override
    public TypeInformation<Row> getProducedType() {
        return Types.ROW(Types.LONG, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    }
}
