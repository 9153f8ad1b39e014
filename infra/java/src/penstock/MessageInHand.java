package penstock;

import org.apache.flink.api.common.state.ListState;

/**
 * The message that this thread is handing on, for state that keeps it as it is.
 *
 * <p>An operator in Python has a copy of the message; what it puts into state is copied back. Where the source hands a
 * message on in its own thread, its bytes are here already. State then holds the source's own array: nobody may change it.
 */
public final class MessageInHand {
    private static final ThreadLocal<byte[]> MESSAGE = new ThreadLocal<>();

    static void take(byte[] message) {
        MESSAGE.set(message);
    }

    static void leave() {
        MESSAGE.remove();
    }

    /** Adds the message to a list; false when this thread has none. */
    public boolean addTo(ListState<byte[]> state) throws Exception {
        byte[] message = MESSAGE.get();
        if (message == null) {
            return false;
        }
        state.add(message);
        return true;
    }
}
