import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;

/** A client that works in a thread of its own until it is told to end. */
abstract class Worker implements Runnable {
    /** Records written and answered, or read. */
    final AtomicLong done = new AtomicLong();

    private volatile boolean ended;
    private Lock leave;

    /** Does a little. */
    abstract void work() throws Exception;

    /** Waits until nothing is in flight. */
    abstract void settle() throws InterruptedException;

    abstract void close();

    /** The lock under which it works, each time. */
    final void workUnder(Lock lock) {
        leave = lock;
    }

    final void end() {
        ended = true;
    }

    @Override
    public final void run() {
        try {
            while (!ended) {
                workOnce();
            }
            close();
        } catch (Exception failure) {
            failure.printStackTrace();
            System.exit(1);
        }
    }

    private void workOnce() throws Exception {
        leave.lock();
        try {
            work();
        } finally {
            leave.unlock();
        }
    }
}
