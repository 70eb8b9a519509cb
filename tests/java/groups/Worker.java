/** A thread that works until it is no longer wanted. */
final class Worker {
    final String id;
    private final Thread thread;
    private volatile boolean wanted = true;

    interface Job {
        void run(Worker worker) throws Exception;
    }

    Worker(String id, Job job) {
        this.id = id;
        this.thread = new Thread(() -> run(job), id);
    }

    void start() {
        thread.start();
    }

    boolean isWanted() {
        return wanted;
    }

    /** Returns when the work has ended. */
    void end() throws InterruptedException {
        wanted = false;
        thread.join();
    }

    private void run(Job job) {
        try {
            job.run(this);
        } catch (Exception failure) {
            failure.printStackTrace();
            System.exit(1);
        }
    }
}
