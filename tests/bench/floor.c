/* floor.c - the least that any server has to do before it may answer 200 to
 * our promise, on the same HTTP library: HMAC-SHA256 of the raw body compared
 * with the header, XChaCha20-Poly1305 into a record of the spool's length, one
 * write and one fdatasync for all who wait, then the answers.  One thread, no
 * guard, no deadlines, no wiping, no limits, one channel, one key, files of
 * the spool's size that nobody reads: what Postern needs beyond it is its own.
 * GET gives how many POSTs were answered.
 *
 *   floor PORT SECRET-FILE FOLDER   on 127.0.0.1; ends on SIGTERM or after 30
 *                                   minutes */
#include <arpa/inet.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define LIFE_S	     1800
#define CROWD	     2048 /* connections */
#define GROUP_MAX    1024 /* records of one write, IOV_MAX */
#define BODY_MAX     16384
#define HEADER_BYTES 80 /* as the spool's records have it */
#define AAD_BYTES    64
#define NONCE_BYTES  crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES    crypto_aead_xchacha20poly1305_ietf_ABYTES
#define FILE_BYTES   (8u << 20)
#define SIGNATURE    "sha256="

struct visit {
	bool waits, stored;
	size_t len;
	uint8_t body[BODY_MAX];
	uint8_t record[HEADER_BYTES + 1 + NONCE_BYTES + BODY_MAX + TAG_BYTES];
};

static EVP_MAC_CTX *mac;
static uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
static struct MHD_Response *stored, *forged;
static unsigned long long answered;
static struct visit *group[GROUP_MAX];
static struct iovec iov[GROUP_MAX];
static int group_len;
static int folder, file = -1;
static off_t at;
static unsigned int number;

/* --- the work ------------------------------------------------------------- */

static bool signature_fits(struct MHD_Connection *connection,
			   const struct visit *v)
{
	const char *given = MHD_lookup_connection_value(
	    connection, MHD_HEADER_KIND, "X-Hub-Signature-256");
	uint8_t sum[32], wanted[32];
	size_t len;

	if (given == NULL ||
	    strncmp(given, SIGNATURE, sizeof(SIGNATURE) - 1) != 0 ||
	    sodium_hex2bin(wanted, sizeof(wanted),
			   given + sizeof(SIGNATURE) - 1, 64, NULL, &len,
			   NULL) != 0 ||
	    len != sizeof(wanted))
		return false;
	return EVP_MAC_init(mac, NULL, 0, NULL) == 1 &&
	       EVP_MAC_update(mac, v->body, v->len) == 1 &&
	       EVP_MAC_final(mac, sum, &len, sizeof(sum)) == 1 &&
	       sodium_memcmp(sum, wanted, sizeof(sum)) == 0;
}

static void seal(struct visit *v)
{
	uint8_t aad[AAD_BYTES] = {0}, *nonce = v->record + HEADER_BYTES + 1;

	memset(v->record, 'f', HEADER_BYTES + 1);
	memcpy(v->record, &v->len, sizeof(v->len));
	randombytes_buf(nonce, NONCE_BYTES);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
	    nonce + NONCE_BYTES, NULL, v->body, v->len, aad, sizeof(aad), NULL,
	    nonce, key); /* cannot fail for this length */
}

static void file_next(void)
{
	char name[32];

	if (file >= 0 && (ftruncate(file, at) != 0 || close(file) != 0))
		exit(1);
	(void)snprintf(name, sizeof(name), "%08u.floor", number++);
	file =
	    openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file < 0 || posix_fallocate(file, 0, FILE_BYTES) != 0 ||
	    fsync(file) != 0 || fsync(folder) != 0)
		exit(1);
	at = 0;
}

/* One write, one flush, everybody may be answered. */
static void group_commit(void)
{
	size_t bytes = 0;

	if (group_len == 0)
		return;
	for (int i = 0; i < group_len; i++)
		bytes += iov[i].iov_len;
	if (file < 0 || (size_t)at + bytes > FILE_BYTES)
		file_next();
	if (pwritev(file, iov, group_len, at) != (ssize_t)bytes ||
	    fdatasync(file) != 0)
		exit(1);
	at += (off_t)bytes;
	for (int i = 0; i < group_len; i++)
		group[i]->stored = true;
	group_len = 0;
}

/* --- requests ------------------------------------------------------------- */

static enum MHD_Result count_say(struct MHD_Connection *connection)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%llu\n", answered);
	struct MHD_Response *r = MHD_create_response_from_buffer(
	    (size_t)n, text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result rc = MHD_queue_response(connection, MHD_HTTP_OK, r);

	MHD_destroy_response(r);
	return rc;
}

static enum MHD_Result take(struct visit *v, const char *bytes, size_t *len)
{
	if (v->len + *len > BODY_MAX)
		return MHD_NO;
	memcpy(v->body + v->len, bytes, *len);
	v->len += *len;
	*len = 0;
	return MHD_YES;
}

static enum MHD_Result finish(struct MHD_Connection *connection,
			      struct visit *v)
{
	if (!signature_fits(connection, v))
		return MHD_queue_response(connection, MHD_HTTP_UNAUTHORIZED,
					  forged);
	seal(v);
	if (group_len == GROUP_MAX)
		group_commit();
	iov[group_len].iov_base = v->record;
	iov[group_len].iov_len =
	    HEADER_BYTES + 1 + NONCE_BYTES + v->len + TAG_BYTES;
	group[group_len++] = v;
	v->waits = true;
	return MHD_YES;
}

/* A request without an answer is called again at the library's next turn. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection,
				  const char *url, const char *method,
				  const char *version, const char *bytes,
				  size_t *bytes_len, void **request_ctx)
{
	struct visit *v = *request_ctx;

	(void)ctx, (void)url, (void)version;
	if (strcmp(method, "POST") != 0)
		return count_say(connection);
	if (v == NULL) {
		/* kept by the connection, see on_connection */
		v = MHD_get_connection_info(connection,
					    MHD_CONNECTION_INFO_SOCKET_CONTEXT)
			->socket_context;
		*request_ctx = v;
		return v != NULL ? MHD_YES : MHD_NO;
	}
	if (*bytes_len > 0)
		return take(v, bytes, bytes_len);
	if (!v->waits)
		return finish(connection, v);
	if (!v->stored)
		return MHD_YES;
	answered++;
	v->waits = v->stored = false;
	v->len = 0;
	return MHD_queue_response(connection, MHD_HTTP_OK, stored);
}

static void on_connection(void *ctx, struct MHD_Connection *connection,
			  void **socket_ctx,
			  enum MHD_ConnectionNotificationCode code)
{
	(void)ctx, (void)connection;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*socket_ctx = calloc(1, sizeof(struct visit));
		return;
	}
	group_commit(); /* it may stand in the group */
	free(*socket_ctx);
	*socket_ctx = NULL;
}

/* --- running -------------------------------------------------------------- */

static bool secret_read(const char *path)
{
	char digest[] = "SHA256", secret[512];
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end(),
	};
	EVP_MAC *kind = EVP_MAC_fetch(NULL, "HMAC", NULL);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, secret, sizeof(secret));

	if (fd < 0 || n <= 0)
		return false;
	(void)close(fd);
	while (n > 0 && secret[n - 1] == '\n')
		n--;
	mac = EVP_MAC_CTX_new(kind);
	return mac != NULL && EVP_MAC_init(mac, (const uint8_t *)secret,
					   (size_t)n, params) == 1;
}

static struct MHD_Daemon *serve(const char *port)
{
	struct sockaddr_in in = {.sin_family = AF_INET};

	in.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return MHD_start_daemon(
	    MHD_USE_EPOLL, 0, NULL, NULL, on_request, NULL,
	    MHD_OPTION_SOCK_ADDR, &in, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned int)CROWD, MHD_OPTION_LISTEN_BACKLOG_SIZE,
	    (unsigned int)1024, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
	    NULL, MHD_OPTION_END);
}

static int wait_ms(struct MHD_Daemon *daemon)
{
	MHD_UNSIGNED_LONG_LONG ms;

	return MHD_get_timeout(daemon, &ms) == MHD_YES && ms < 1000 ? (int)ms
								    : 1000;
}

int main(int argc, char **argv)
{
	struct MHD_Daemon *daemon;
	struct pollfd p = {.events = POLLIN};

	if (argc != 4 || sodium_init() < 0 || !secret_read(argv[2]))
		return 2;
	folder = open(argv[3], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	randombytes_buf(key, sizeof(key));
	stored = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
	forged = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
	daemon = serve(argv[1]);
	if (folder < 0 || stored == NULL || forged == NULL || daemon == NULL)
		return 1;
	p.fd = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	(void)alarm(LIFE_S);
	for (;;) {
		int before = group_len;

		/* The first turn hands the answers over, the second sends
		 * them; both take what has come meanwhile. */
		(void)MHD_run(daemon);
		(void)MHD_run(daemon);
		if (group_len > before)
			continue; /* those answered may be back already */
		if (group_len > 0)
			group_commit();
		else
			(void)poll(&p, 1, wait_ms(daemon));
	}
}
