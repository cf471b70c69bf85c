import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.opensearch.common.settings.KeyStoreWrapper;

/** MakeKeystore CONFIG_FOLDER: writes opensearch.keystore with the settings read as key=value lines from standard input. */
public class MakeKeystore {
    public static void main(String[] args) throws Exception {
        KeyStoreWrapper keystore = KeyStoreWrapper.create();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            int equals = line.indexOf('=');
            keystore.setString(line.substring(0, equals), line.substring(equals + 1).toCharArray());
        }
        keystore.save(Path.of(args[0]), new char[0]);
    }
}
