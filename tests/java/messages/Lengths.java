/** How many elements arrays have: many in one of them, but never many in all. */
final class Lengths {
    private static final int LARGE = 20;
    /** Its count takes two bytes in the compact encoding. */
    private static final int HUGE = 150;
    /** Elements of a message, after which arrays are as short as the mode allows. */
    private static final int MOST = 160;

    private final Values values;
    private final Mode mode;
    private int depth;
    private int elements;

    Lengths(Values values, Mode mode) {
        this.values = values;
        this.mode = mode;
    }

    /** The length of an array that begins here. */
    int enter() {
        depth++;
        int least = mode.isFull() ? 1 : 0;
        int length = Math.max(least, Math.min(wanted(), MOST - elements));
        elements += length;
        return length;
    }

    /** The array ends. */
    void leave() {
        depth--;
    }

    private int wanted() {
        return switch (mode) {
            case EMPTY -> 0;
            case MAXIMAL -> depth == 1 && values.below(8) == 0 ? HUGE : LARGE;
            default -> values.below(5);
        };
    }
}
