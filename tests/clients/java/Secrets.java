import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;

/**
 * Gives a user a password for SCRAM, and prints the forms in which it may pass the wire, one a line:
 * BOOTSTRAP USER PASSWORD.
 */
final class Secrets {
    private static final int ITERATIONS = 4096;

    public static void main(String[] args) throws Exception {
        String user = args[1];
        byte[] password = args[2].getBytes(StandardCharsets.UTF_8);
        byte[] salt = new byte[16];
        new SecureRandom().nextBytes(salt);
        List<ScramMechanism> mechanisms =
                List.of(ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
            for (ScramMechanism mechanism : mechanisms) {
                ScramCredentialInfo info = new ScramCredentialInfo(mechanism, ITERATIONS);
                admin.alterUserScramCredentials(
                                List.of(new UserScramCredentialUpsertion(user, info, password, salt)))
                        .all()
                        .get();
            }
        }
        System.out.println(args[2]);
        print(password);
        print(salt);
        print(("\0" + user + "\0" + args[2]).getBytes(StandardCharsets.UTF_8));
        for (String hash : Arrays.asList("SHA256", "SHA512")) {
            int bits = Integer.parseInt(hash.substring(3));
            PBEKeySpec key = new PBEKeySpec(args[2].toCharArray(), salt, ITERATIONS, bits);
            print(SecretKeyFactory.getInstance("PBKDF2WithHmac" + hash).generateSecret(key).getEncoded());
        }
    }

    private static void print(byte[] secret) {
        System.out.println(Base64.getEncoder().encodeToString(secret));
        System.out.println(Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
        System.out.println(HexFormat.of().formatHex(secret));
        // As lists of numbers are printed, in Rust and in Java.
        System.out.println(numbers(secret, 0xff));
        System.out.println(numbers(secret, -1));
    }

    private static String numbers(byte[] secret, int mask) {
        return java.util.stream.IntStream.range(0, secret.length)
                .mapToObj(at -> String.valueOf(secret[at] & mask))
                .collect(Collectors.joining(", "));
    }
}
