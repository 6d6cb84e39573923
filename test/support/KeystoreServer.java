import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.function.BiFunction;
import java.util.function.Function;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509TrustManager;

/**
 * HTTPS servers whose certificates come from PKCS#12 keystores. It prints the port of its control server, where
 *
 *     POST /reload/8443   with the keystore's path and its password, a line each
 *
 * has the server on port 8443 read its keystore, and starts it with the first one. A keystore that it cannot read is
 * answered with 500 and the reason, and the server goes on with the one it has. It ends with its standard input.
 *
 * It is a client, too:
 *
 *     POST /trust/client    with the trust store's path, has the client of this name read its trust store
 *     POST /trusts/client   with a certificate and its chain as PEM, says whether the client trusts it (200 or 403)
 */
public final class KeystoreServer {
  private static final Map<Integer, ReloadableKeys> served = new ConcurrentHashMap<>();
  private static final Map<String, X509TrustManager> trusting = new ConcurrentHashMap<>();
  private static final Executor threads =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work);
            thread.setDaemon(true);
            return thread;
          });

  public static void main(String[] args) throws Exception {
    HttpServer control = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    control.setExecutor(threads);
    control.createContext("/reload/", KeystoreServer::reload);
    control.createContext("/trust/", KeystoreServer::readTrustStore);
    control.createContext("/trusts/", KeystoreServer::verify);
    control.start();
    System.out.println("control " + control.getAddress().getPort());
    while (System.in.read() != -1) {}
    System.exit(0);
  }

  private static void reload(HttpExchange exchange) throws IOException {
    String[] lines = new String(exchange.getRequestBody().readAllBytes()).split("\n");
    int port = Integer.parseInt(nameOf(exchange, "/reload/"));
    try {
      X509ExtendedKeyManager read = readKeystore(Path.of(lines[0]), lines[1].toCharArray());
      ReloadableKeys keys = served.getOrDefault(port, new ReloadableKeys());
      keys.use(read);
      if (served.put(port, keys) == null) serve(port, keys);
      answer(exchange, 200, "reloaded");
    } catch (Exception error) {
      answer(exchange, 500, error.toString());
    }
  }

  private static void readTrustStore(HttpExchange exchange) throws IOException {
    String path = new String(exchange.getRequestBody().readAllBytes()).trim();
    try {
      KeyStore roots = KeyStore.getInstance("PKCS12");
      try (var file = Files.newInputStream(Path.of(path))) {
        roots.load(file, null);
      }
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(roots);
      for (TrustManager manager : factory.getTrustManagers())
        if (manager instanceof X509TrustManager)
          trusting.put(nameOf(exchange, "/trust/"), (X509TrustManager) manager);
      answer(exchange, 200, "read");
    } catch (Exception error) {
      answer(exchange, 500, error.toString());
    }
  }

  private static void verify(HttpExchange exchange) throws IOException {
    X509TrustManager manager = trusting.get(nameOf(exchange, "/trusts/"));
    try {
      if (manager == null) throw new CertificateException("no trust store");
      var chain = CertificateFactory.getInstance("X.509").generateCertificates(exchange.getRequestBody());
      manager.checkServerTrusted(chain.toArray(new X509Certificate[0]), "UNKNOWN");
      answer(exchange, 200, "trusted");
    } catch (CertificateException error) {
      answer(exchange, 403, error.toString());
    }
  }

  private static String nameOf(HttpExchange exchange, String prefix) {
    return exchange.getRequestURI().getPath().substring(prefix.length());
  }

  private static X509ExtendedKeyManager readKeystore(Path path, char[] password) throws Exception {
    KeyStore keystore = KeyStore.getInstance("PKCS12");
    try (var file = Files.newInputStream(path)) {
      keystore.load(file, password);
    }
    KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
    factory.init(keystore, password);
    for (KeyManager manager : factory.getKeyManagers())
      if (manager instanceof X509ExtendedKeyManager) return (X509ExtendedKeyManager) manager;
    throw new IllegalStateException("no key manager");
  }

  private static void serve(int port, ReloadableKeys keys) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(new KeyManager[] {keys}, null, null);
    HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setExecutor(threads);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.createContext("/", exchange -> answer(exchange, 200, "served"));
    server.start();
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = text.getBytes();
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  /** The keys of the keystore that was read last. A handshake that has begun ends with those it began with. */
  private static final class ReloadableKeys extends X509ExtendedKeyManager {
    private final List<X509ExtendedKeyManager> read = new CopyOnWriteArrayList<>();

    void use(X509ExtendedKeyManager keys) {
      read.add(keys);
    }

    private String chosen(Function<X509ExtendedKeyManager, String> choose) {
      int last = read.size() - 1;
      String alias = choose.apply(read.get(last));
      return alias == null ? null : last + ":" + alias;
    }

    private <T> T of(String chosen, BiFunction<X509ExtendedKeyManager, String, T> get) {
      String[] parts = chosen.split(":", 2);
      return get.apply(read.get(Integer.parseInt(parts[0])), parts[1]);
    }

    @Override
    public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
      return chosen(keys -> keys.chooseEngineServerAlias(keyType, issuers, engine));
    }

    @Override
    public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
      return chosen(keys -> keys.chooseServerAlias(keyType, issuers, socket));
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return of(alias, X509ExtendedKeyManager::getCertificateChain);
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return of(alias, X509ExtendedKeyManager::getPrivateKey);
    }

    @Override
    public String[] getServerAliases(String keyType, Principal[] issuers) {
      return null;
    }

    @Override
    public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
      return null;
    }

    @Override
    public String[] getClientAliases(String keyType, Principal[] issuers) {
      return null;
    }
  }
}
