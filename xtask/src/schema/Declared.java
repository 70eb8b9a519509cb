// What a kafka-clients jar declares in code: for each API its key, name, whether only brokers send
// it, and for each valid version the header versions of its request and response; and each error code.
// Run by `cargo xtask schema` with the jar on the class path; one line of words for each fact.

import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

public class Declared {
    public static void main(String[] args) {
        for (ApiMessageType api : ApiMessageType.values()) {
            boolean clusterAction = ApiKeys.forId(api.apiKey()).clusterAction;
            System.out.println("api " + api.apiKey() + " " + api.name + " " + clusterAction);
            for (short v = api.lowestSupportedVersion(); v <= api.highestSupportedVersion(true); v++) {
                System.out.println("version " + api.apiKey() + " " + v + " "
                        + api.requestHeaderVersion(v) + " " + api.responseHeaderVersion(v));
            }
        }
        for (Errors error : Errors.values()) {
            System.out.println("error " + error.code() + " " + error.name());
        }
    }
}
