import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** All workers, and how far they are. */
final class Crew {
    /** Records that each of them is to write or read, for a progress. */
    private static final long STEP = 100;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final List<Worker> workers = new ArrayList<>();
    /** Workers share it while they work. */
    private final ReadWriteLock leave = new ReentrantReadWriteLock(true);
    private final List<Thread> threads = new ArrayList<>();

    /** Those that are added first end first. */
    void add(Worker worker) {
        workers.add(worker);
        worker.workUnder(leave.readLock());
        threads.add(new Thread(worker));
    }

    void start() {
        threads.forEach(Thread::start);
    }

    void awaitProgress() throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        List<Long> goals = workers.stream().map(worker -> worker.done.get() + STEP).toList();
        for (int i = 0; i < goals.size(); i++) {
            while (workers.get(i).done.get() < goals.get(i)) {
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException(workers.get(i) + " does not get on");
                }
                Thread.sleep(20);
            }
        }
    }

    void hold() throws InterruptedException {
        leave.writeLock().lock();
        for (Worker worker : workers) {
            worker.settle();
        }
    }

    void resume() {
        leave.writeLock().unlock();
    }

    void end() throws InterruptedException {
        for (int i = 0; i < workers.size(); i++) {
            workers.get(i).end();
            threads.get(i).join();
        }
    }
}
