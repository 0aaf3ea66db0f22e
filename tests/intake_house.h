/* intake_house.h - a data directory, settings with one WhatsApp channel and a
 * running process 1 (as a thread), for the tests of spool and intake. */
#ifndef POSTERN_TESTS_INTAKE_HOUSE_H
#define POSTERN_TESTS_INTAKE_HOUSE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include "intake/intake.h"
#include "postern/channel.h"
#include "postern/env.h"
#include "postern/sealed.h"
#include "postern/spool.h"

#define HOUSE_PATH   "5f0c6b1e9a7d4c32b8e1f60a97d3c254"
#define HOUSE_HOOK   "/hooks/whatsapp/" HOUSE_PATH
#define HOUSE_SECRET "8f0c2b7a9d1e4f6382a5c7d9e0b1f2a3"
#define HOUSE_TOKEN  "luchs-42"
#define HOUSE_ANSWER 8192

#define HOUSE_CHECK(x)                                                 \
	do {                                                           \
		if (!(x)) {                                            \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, \
				      __LINE__, #x);                   \
			abort();                                       \
		}                                                      \
	} while (0)

/* Faults of the disk, driven by a test. */
struct house_faults {
	_Atomic int sync_delay_ms;
	_Atomic bool sync_hold;	     /* syncs hang until it is false */
	_Atomic int sync_fail_from;  /* 0 never; n: the n-th sync and on */
	_Atomic int write_fail_from; /* the same for writes */
	_Atomic int write_short;     /* at most so many bytes at once */
	_Atomic int syncs, writes;
	_Atomic int64_t boot_ahead_ms;
};

struct house {
	char dir[64];
	uint32_t pair;
	uint8_t public_key[32], secret_key[32];
	struct settings settings;
	struct settings_channel channel;
	struct intake_conf conf;
	struct intake_counts counts;
	struct env env;
	struct house_faults faults;
	int lifeline; /* our end */
	int hatch_fd; /* of the intake; 0: none, and it stays the test's */
	uint16_t port;
	pthread_t thread;
	int status;
	bool runs;
};

/* --- the double of the environment ---------------------------------------- */

static inline int64_t house_wall(struct env *env)
{
	(void)env;
	return env_system()->wall_ms(env_system());
}

static inline int64_t house_boot(struct env *env)
{
	struct house *h = env->ctx;

	return env_system()->boot_ms(env_system()) + h->faults.boot_ahead_ms;
}

static inline void house_random(struct env *env, void *ret, size_t len)
{
	(void)env;
	randombytes_buf(ret, len);
}

static inline ssize_t house_pwritev(struct env *env, int fd,
				    const struct iovec *iov, int iov_len,
				    off_t offset)
{
	struct house *h = env->ctx;
	int from = h->faults.write_fail_from, most = h->faults.write_short;

	h->faults.writes++;
	if (from > 0 && h->faults.writes >= from) {
		errno = EIO;
		return -1;
	}
	if (most > 0)
		return pwrite(fd, iov->iov_base,
			      iov->iov_len < (size_t)most ? iov->iov_len
							  : (size_t)most,
			      offset);
	return pwritev(fd, iov, iov_len, offset);
}

static inline int house_datasync(struct env *env, int fd)
{
	struct house *h = env->ctx;
	int from = h->faults.sync_fail_from;

	h->faults.syncs++;
	if (h->faults.sync_delay_ms > 0)
		(void)usleep((useconds_t)h->faults.sync_delay_ms * 1000);
	while (h->faults.sync_hold)
		(void)usleep(1000);
	if (from > 0 && h->faults.syncs >= from) {
		errno = EIO;
		return -1;
	}
	return fdatasync(fd);
}

/* --- the data directory --------------------------------------------------- */

static inline void house_pair(struct house *h, uint32_t pair)
{
	uint8_t file[4 + 32 + 16];
	char path[128];
	int fd;

	h->pair = pair;
	(void)crypto_box_keypair(h->public_key, h->secret_key);
	for (int i = 0; i < 4; i++)
		file[i] = (uint8_t)(pair >> (24 - 8 * i));
	memcpy(file + 4, h->public_key, 32);
	(void)crypto_generichash(file + 36, 16, file, 36, NULL, 0);
	(void)snprintf(path, sizeof(path), "%s/keys/spool.pub", h->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	HOUSE_CHECK(fd >= 0 &&
		    write(fd, file, sizeof(file)) == (ssize_t)sizeof(file));
	(void)close(fd);
}

static inline void house_folder(const struct house *h, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", h->dir, name);
	HOUSE_CHECK(mkdir(path, 0700) == 0);
}

static inline void house_settings(struct house *h)
{
	struct settings *s = &h->settings;
	struct settings_channel *c = &h->channel;

	(void)snprintf(s->dir, sizeof(s->dir), "%s", h->dir);
	s->limits.intake_threads = 1;
	s->limits.connections_max = 256;
	s->limits.header_deadline_ms = 2000;
	s->limits.body_deadline_ms = 2000;
	s->limits.commit_deadline_ms = 1000;
	s->limits.disk_low_bytes = 1;
	s->limits.reserve_bytes = 1 << 20;
	(void)name_set(&c->name, "kundenservice", 13);
	(void)snprintf(c->type, sizeof(c->type), "whatsapp");
	(void)snprintf(c->path, sizeof(c->path), HOUSE_PATH);
	c->values[0] = (struct setting_value){.key = "phone_number_id",
					      .text = "7794189252778687"};
	c->values[1].key = "app_secret";
	(void)secret_set(&c->values[1].secret, HOUSE_SECRET,
			 strlen(HOUSE_SECRET), NULL);
	c->values[2].key = "verify_token";
	(void)secret_set(&c->values[2].secret, HOUSE_TOKEN, strlen(HOUSE_TOKEN),
			 NULL);
	c->values[3] = (struct setting_value){
	    .key = "api", .text = "https://graph.facebook.com/v25.0"};
	c->values_len = 4;
	s->channels = c;
	s->channels_len = 1;
}

static inline struct house *house_new(void)
{
	struct house *h = calloc(1, sizeof(*h));

	HOUSE_CHECK(h != NULL && sodium_init() >= 0);
	(void)snprintf(h->dir, sizeof(h->dir), "/tmp/postern-test-XXXXXX");
	HOUSE_CHECK(mkdtemp(h->dir) != NULL);
	house_folder(h, "spool");
	house_folder(h, "keys");
	house_pair(h, 1);
	house_settings(h);
	h->env = (struct env){.wall_ms = house_wall,
			      .boot_ms = house_boot,
			      .random = house_random,
			      .pwritev = house_pwritev,
			      .datasync = house_datasync,
			      .ctx = h};
	h->lifeline = -1;
	return h;
}

/* --- running -------------------------------------------------------------- */

static inline void *house_run(void *arg)
{
	struct house *h = arg;

	h->status = intake_serve(&h->env, &h->conf);
	(void)close(h->conf.lifeline_fd);
	return NULL;
}

static inline int house_listen(uint16_t *ret_port)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	HOUSE_CHECK(fd >= 0 &&
		    bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0 &&
		    listen(fd, 512) == 0 &&
		    getsockname(fd, (struct sockaddr *)&in, &len) == 0);
	*ret_port = ntohs(in.sin_port);
	return fd;
}

/* Starts; true once it serves, false if it ended instead. */
static inline bool house_start(struct house *h)
{
	int ends[2];
	char ready = 0;

	HOUSE_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) ==
		    0);
	h->lifeline = ends[0];
	h->conf = (struct intake_conf){
	    .dir = h->dir,
	    .settings = &h->settings,
	    .listen_fd = house_listen(&h->port),
	    .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	    .lifeline_fd = ends[1],
	    .counts = &h->counts,
	    .hatch_fd = h->hatch_fd,
	};
	HOUSE_CHECK(pthread_create(&h->thread, NULL, house_run, h) == 0);
	h->runs = true;
	return read(h->lifeline, &ready, 1) == 1 && ready == 'R';
}

/* Waits for the end and gives the exit status. */
static inline int house_wait(struct house *h)
{
	if (!h->runs)
		return h->status;
	(void)pthread_join(h->thread, NULL);
	h->runs = false;
	(void)close(h->conf.listen_fd);
	(void)close(h->conf.wake_fd);
	if (h->lifeline >= 0)
		(void)close(h->lifeline);
	h->lifeline = -1;
	return h->status;
}

static inline int house_stop(struct house *h)
{
	if (h->lifeline >= 0)
		(void)close(h->lifeline);
	h->lifeline = -1;
	return house_wait(h);
}

static inline int house_remove(const char *path, const struct stat *st,
			       int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static inline void house_free(struct house *h)
{
	(void)house_stop(h);
	for (size_t i = 0; i < h->channel.values_len; i++)
		secret_wipe(&h->channel.values[i].secret);
	(void)nftw(h->dir, house_remove, 8, FTW_DEPTH | FTW_PHYS);
	free(h);
}

/* --- a client ------------------------------------------------------------- */

static inline int house_connect(const struct house *h)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons(h->port)};
	struct timeval wait = {.tv_sec = 4};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	HOUSE_CHECK(fd >= 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	HOUSE_CHECK(connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0);
	return fd;
}

static inline bool house_say(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static inline bool house_tell(int fd, const char *text)
{
	return house_say(fd, text, strlen(text));
}

/* One answer (head and body by Content-Length) into ret, NUL-terminated.
 * Returns the status, 0 at the end of the connection, -1 at a time-out. */
static inline int house_hear(int fd, char ret[HOUSE_ANSWER])
{
	size_t len = 0, want = SIZE_MAX;

	ret[0] = '\0';
	while (len < want && len < HOUSE_ANSWER - 1) {
		/* Byte-wise up to the head's end, so that the next answer
		 * stays in the socket. */
		size_t step = want == SIZE_MAX ? 1 : want - len;
		ssize_t n = recv(fd, ret + len, step, 0);
		char *length;

		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return 0;
		if (n < 0)
			return -1;
		len += (size_t)n;
		ret[len] = '\0';
		if (want != SIZE_MAX || len < 4 ||
		    strcmp(ret + len - 4, "\r\n\r\n") != 0)
			continue;
		if (strncmp(ret, "HTTP/1.1 100", 12) == 0) {
			len = 0;
			continue;
		}
		length = strcasestr(ret, "\r\ncontent-length:");
		want = len;
		if (length != NULL)
			want += strtoul(length + 17, NULL, 10);
		if (want > HOUSE_ANSWER - 1)
			return -1;
	}
	return (int)strtol(ret + 9, NULL, 10);
}

/* True if the other side closed without another byte. */
static inline bool house_closed(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, 0);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}

static inline void house_sign(const void *body, size_t len, char ret[72])
{
	unsigned char mac[32];
	unsigned int mac_len = sizeof(mac);

	HOUSE_CHECK(HMAC(EVP_sha256(), HOUSE_SECRET, (int)strlen(HOUSE_SECRET),
			 body, len, mac, &mac_len) != NULL);
	(void)snprintf(ret, 72, "sha256=");
	(void)sodium_bin2hex(ret + 7, 65, mac, 32);
}

/* A signed POST with extra header lines (each ending in CRLF). */
static inline bool house_post(int fd, const void *body, size_t len,
			      const char *extra)
{
	char head[2048], signature[72];
	int n;

	house_sign(body, len, signature);
	n = snprintf(head, sizeof(head),
		     "POST " HOUSE_HOOK " HTTP/1.1\r\nHost: x.example\r\n"
		     "X-Hub-Signature-256: %s\r\nContent-Length: %zu\r\n"
		     "%s\r\n",
		     signature, len, extra);
	HOUSE_CHECK(n > 0 && (size_t)n < sizeof(head));
	return house_say(fd, head, (size_t)n) && house_say(fd, body, len);
}

/* --- what is in the spool ------------------------------------------------- */

/* Opens one item with the pair's secret half.  Returns the clear length or
 * SIZE_MAX. */
static inline size_t house_open(const struct house *h,
				const struct spool_item *item, uint8_t *ret,
				size_t size)
{
	uint8_t key[32], aad[SPOOL_AAD_BYTES];
	size_t len, aad_len;

	if (crypto_box_seal_open(key, item->box + 4, SPOOL_BOX_BYTES - 4,
				 h->public_key, h->secret_key) != 0)
		return SIZE_MAX;
	aad_len =
	    spool_aad(&item->record.channel, item->record.received_ms, aad);
	if (!sealed_clear_len(item->record.payload_len, &len) || len > size)
		return SIZE_MAX;
	if (sealed_open(key, aad, aad_len, item->record.payload,
			item->record.payload_len, ret, NULL) != 0)
		return SIZE_MAX;
	return len;
}

/* How many bodies the spool holds; *ret_last the last one's text. */
static inline size_t house_stored(const struct house *h, char *ret_last,
				  size_t size)
{
	struct spool_position from = {0};
	struct spool_reader *r = NULL;
	struct spool_item items[16];
	size_t count = 0, len, damaged;

	HOUSE_CHECK(spool_reader_open(h->dir, from, &r, NULL) == 0);
	do {
		HOUSE_CHECK(spool_read(r, items, 16, 1 << 20, &len, &damaged,
				       NULL) == 0);
		for (size_t i = 0; i < len && ret_last != NULL; i++) {
			size_t n = house_open(h, &items[i], (uint8_t *)ret_last,
					      size - 1);

			HOUSE_CHECK(n != SIZE_MAX);
			ret_last[n] = '\0';
		}
		count += len;
	} while (len > 0);
	spool_reader_close(&r);
	return count;
}

#endif
