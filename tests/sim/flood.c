/* flood.c - clients that mean no good: idle, half-sent, trickling, slowly
 * reading, or with bad signatures at full speed.
 *
 * A slow reader asks --requests times on one connection, as fast as it is let,
 * and takes a byte of the answers every --pause-ms; --get asks an address of
 * the internal listener, --secret-file signs (only then does the public one
 * keep a connection after an answer).
 *
 * One thread, one epoll.  Sources are 127.0.0.2, .3, ... so that several
 * addresses call.  Ends by itself after --seconds and prints one line of JSON:
 * how many were opened, how many the server closed and after how long, what
 * it answered. */
#include "sim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define SPARE_FDS    32
#define OPEN_AT_ONCE 500 /* per turn, so that the backlog keeps up */
#define TURN_MS	     5
#define READ_BYTES   512
#define HEAD_BYTES   64 /* of an answer: enough for the status */
#define STATUSES     600

enum kind { KIND_IDLE, KIND_HEADER, KIND_BODY, KIND_READ, KIND_FORGED };
static const char *const kinds[] = {"idle", "header", "body", "read", "forged"};

struct peer {
	int fd;
	bool connected;
	int64_t born_us, next_us;
	size_t sent;
	char head[HEAD_BYTES];
	size_t head_len;
};

struct flood {
	enum kind kind;
	struct sockaddr_in to;
	char host[64], path[300];
	char *request;
	size_t request_len;
	size_t half_len; /* what an idle one sends: half a header */
	size_t requests; /* of a slow reader, on one connection */
	struct peer *peers;
	size_t peers_len, sources, wanted;
	int epoll;
	int64_t start_us, stop_us, pause_us;
	bool again; /* whoever was closed comes back */
	/* counts */
	uint64_t opened, refused, closed, silent;
	int64_t life_min_us, life_max_us;
	uint64_t answers[STATUSES];
};

/* --- one peer --------------------------------------------------------------
 */

static void watch(struct flood *f, struct peer *p, uint32_t events, int op)
{
	struct epoll_event ev = {.events = events, .data.ptr = p};

	epoll_ctl(f->epoll, op, p->fd, &ev);
}

static void peer_count(struct flood *f, struct peer *p)
{
	int64_t life_us = sim_boot_us() - p->born_us;
	unsigned long status;

	f->closed++;
	if (life_us < f->life_min_us || f->life_min_us == 0)
		f->life_min_us = life_us;
	if (life_us > f->life_max_us)
		f->life_max_us = life_us;
	p->head[p->head_len < HEAD_BYTES ? p->head_len : HEAD_BYTES - 1] = 0;
	status = strncmp(p->head, "HTTP/1.1 ", 9) == 0
		     ? strtoul(p->head + 9, NULL, 10)
		     : 0;
	if (status >= 100 && status < STATUSES)
		f->answers[status]++;
	else
		f->silent++;
}

static void peer_drop(struct peer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

static bool peer_socket(struct flood *f, struct peer *p)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	int one = 1, small = 1024;

	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0)
		return false;
	from.sin_addr.s_addr =
	    htonl(INADDR_LOOPBACK + 1 +
		  (uint32_t)((size_t)(p - f->peers) % f->sources));
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(p->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
		   sizeof(one));
	if (f->kind == KIND_READ)
		setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	return bind(p->fd, (struct sockaddr *)&from, sizeof(from)) == 0;
}

static void peer_open(struct flood *f, struct peer *p)
{
	int rc;

	*p = (struct peer){.fd = -1, .born_us = sim_boot_us()};
	if (!peer_socket(f, p)) {
		peer_drop(p);
		f->refused++;
		return;
	}
	rc = connect(p->fd, (struct sockaddr *)&f->to, sizeof(f->to));
	if (rc != 0 && errno != EINPROGRESS) {
		peer_drop(p);
		f->refused++;
		return;
	}
	watch(f, p, EPOLLOUT | EPOLLIN, EPOLL_CTL_ADD);
}

/* How much this peer would like to have sent by now. */
static size_t peer_share(const struct flood *f, const struct peer *p)
{
	size_t head = f->request_len > 400 ? 400 : f->request_len;

	switch (f->kind) {
	case KIND_IDLE: /* every second one only connects */
		return (p - f->peers) % 2 == 0 ? f->half_len : 0;
	case KIND_HEADER:
		return p->sent < head ? p->sent + 1 : head;
	case KIND_BODY:
		if (p->sent < f->half_len * 2)
			return f->half_len * 2;
		return p->sent < f->request_len ? p->sent + 1 : p->sent;
	case KIND_READ:
		return f->request_len * f->requests;
	case KIND_FORGED:
		break;
	}
	return f->request_len;
}

static void peer_write(struct flood *f, struct peer *p)
{
	size_t share = peer_share(f, p), at, len;
	ssize_t n = 1;

	while (p->sent < share && n > 0) {
		at = p->sent % f->request_len;
		len = f->request_len - at;
		if (len > share - p->sent)
			len = share - p->sent;
		n = send(p->fd, f->request + at, len, MSG_NOSIGNAL);
		if (n > 0)
			p->sent += (size_t)n;
	}
	p->next_us = sim_boot_us() + f->pause_us;
	/* A slow reader does not even look whether there is something. */
	watch(f, p,
	      (f->kind == KIND_READ ? EPOLLRDHUP : EPOLLIN) |
		  (n < 0 && errno == EAGAIN ? EPOLLOUT : 0),
	      EPOLL_CTL_MOD);
}

static void peer_gone(struct flood *f, struct peer *p)
{
	if (p->connected)
		peer_count(f, p);
	else
		f->refused++;
	peer_drop(p);
	if (f->again && sim_boot_us() < f->stop_us)
		peer_open(f, p);
}

static void peer_read(struct flood *f, struct peer *p)
{
	char bytes[READ_BYTES];
	ssize_t n =
	    recv(p->fd, bytes, f->kind == KIND_READ ? 1 : sizeof(bytes), 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		peer_gone(f, p);
		return;
	}
	for (ssize_t i = 0; i < n && p->head_len < HEAD_BYTES - 1; i++)
		p->head[p->head_len++] = bytes[i];
}

static void peer_event(struct flood *f, struct peer *p, uint32_t events)
{
	if (p->fd < 0)
		return;
	if (!p->connected && (events & (EPOLLERR | EPOLLHUP)) == 0) {
		p->connected = true;
		f->opened++;
	}
	if ((events & EPOLLOUT) != 0 && p->connected)
		peer_write(f, p);
	if (p->fd < 0)
		return;
	if (f->kind == KIND_READ &&
	    (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0)
		peer_gone(f, p);
	else if (f->kind != KIND_READ &&
		 (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
		peer_read(f, p);
}

/* --- all of them -----------------------------------------------------------
 */

/* Those that do something now and then. */
static void trickle(struct flood *f, int64_t now_us)
{
	if (f->kind == KIND_IDLE || f->kind == KIND_FORGED)
		return;
	for (size_t i = 0; i < f->peers_len; i++) {
		struct peer *p = &f->peers[i];

		if (p->fd < 0 || !p->connected || now_us < p->next_us)
			continue;
		p->next_us = now_us + f->pause_us;
		if (f->kind == KIND_READ)
			peer_read(f, p);
		else
			peer_write(f, p);
	}
}

static bool flood_over(const struct flood *f, size_t opened, int64_t now_us)
{
	if (now_us >= f->stop_us)
		return true;
	if (f->again || opened < f->peers_len)
		return false;
	/* All came and went. */
	return f->closed + f->refused >= f->peers_len;
}

static void flood_run(struct flood *f)
{
	struct epoll_event events[512];
	size_t next = 0;
	int64_t now_us = sim_boot_us(), last_us = 0;

	while (!flood_over(f, next, now_us)) {
		int n;

		for (size_t i = 0; i < OPEN_AT_ONCE && next < f->peers_len; i++)
			peer_open(f, &f->peers[next++]);
		n = epoll_wait(f->epoll, events, 512, TURN_MS);
		for (int i = 0; i < n; i++)
			peer_event(f, events[i].data.ptr, events[i].events);
		now_us = sim_boot_us();
		if (now_us - last_us < 20000)
			continue;
		last_us = now_us;
		trickle(f, now_us);
		for (size_t i = 0; f->again && i < next; i++)
			if (f->peers[i].fd < 0)
				peer_open(f, &f->peers[i]);
	}
}

static void flood_report(struct flood *f)
{
	double seconds = (double)(sim_boot_us() - f->start_us) / 1e6;
	json_t *answers = json_object(), *out;
	json_int_t held = 0;
	char key[16], *text;

	for (size_t i = 0; i < f->peers_len; i++)
		held += f->peers[i].fd >= 0 && f->peers[i].connected;
	for (unsigned int i = 100; i < STATUSES; i++) {
		if (f->answers[i] == 0)
			continue;
		snprintf(key, sizeof(key), "%u", i);
		json_object_set_new(answers, key,
				    json_integer((json_int_t)f->answers[i]));
	}
	out = json_pack(
	    "{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:f, s:f}", "kind",
	    kinds[f->kind], "wanted", (json_int_t)f->wanted, "clients",
	    (json_int_t)f->peers_len, "opened", (json_int_t)f->opened,
	    "refused", (json_int_t)f->refused, "closed", (json_int_t)f->closed,
	    "silent", (json_int_t)f->silent, "held", held, "answers", answers,
	    "life_max_s", (double)f->life_max_us / 1e6, "seconds", seconds);
	if (out == NULL)
		abort();
	text = json_dumps(out, JSON_COMPACT);
	puts(text);
	free(text);
	json_decref(out);
}

/* --- beginning -------------------------------------------------------------
 */

/* A webhook with every header of a real one, about nothing.  Without a secret
 * it has a signature of nobody. */
static void compose(struct flood *f, size_t body_len, const char *secret)
{
	static const char nothing[] =
	    "{\"object\":\"whatsapp_business_account\",\"entry\":[]}";
	char *body = malloc(body_len + 1), signature[72];
	size_t size = body_len + 1024;
	int n;

	f->request = malloc(size);
	if (body == NULL || f->request == NULL || body_len < sizeof(nothing))
		abort();
	memset(body, ' ', body_len);
	memcpy(body, nothing, sizeof(nothing) - 1);
	body[body_len] = '\0';
	if (secret != NULL)
		sim_sign_meta(secret, body, body_len, signature);
	else
		snprintf(signature, sizeof(signature), "sha256=%064d", 1);
	n = snprintf(f->request, size,
		     "POST %s HTTP/1.1\r\nHost: %s\r\n"
		     "Content-Type: application/json\r\n"
		     "X-Hub-Signature-256: %s\r\n"
		     "Content-Length: %zu\r\n\r\n%s",
		     f->path, f->host, signature, body_len, body);
	f->request_len = (size_t)n;
	f->half_len = (f->request_len - body_len) / 2;
	free(body);
}

/* A question to the internal listener; token may be NULL. */
static void compose_get(struct flood *f, const char *token)
{
	size_t size = 1024;
	int n;

	f->request = malloc(size);
	if (f->request == NULL)
		abort();
	n = snprintf(f->request, size,
		     "GET %s HTTP/1.1\r\nHost: %s\r\n%s%s%s\r\n", f->path,
		     f->host, token != NULL ? "Authorization: Bearer " : "",
		     token != NULL ? token : "", token != NULL ? "\r\n" : "");
	f->request_len = (size_t)n;
	f->half_len = f->request_len / 2;
}

static void target(struct flood *f, const char *url)
{
	const char *at = strstr(url, "://");
	const char *slash, *colon;

	at = at != NULL ? at + 3 : url;
	slash = strchr(at, '/');
	colon = strchr(at, ':');
	if (slash == NULL || colon == NULL || colon > slash) {
		fprintf(stderr,
			"postern-sim: --hook http://127.0.0.1:PORT/...\n");
		exit(2);
	}
	snprintf(f->host, sizeof(f->host), "%.*s", (int)(slash - at), at);
	snprintf(f->path, sizeof(f->path), "%s", slash);
	f->to.sin_family = AF_INET;
	f->to.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	f->to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

/* As many as wanted, or as many as this process may have descriptors. */
static size_t affordable(size_t wanted)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return wanted;
	if (r.rlim_cur < wanted + SPARE_FDS) {
		r.rlim_cur = wanted + SPARE_FDS < r.rlim_max
				 ? wanted + SPARE_FDS
				 : r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
		(void)getrlimit(RLIMIT_NOFILE, &r);
	}
	return r.rlim_cur >= wanted + SPARE_FDS ? wanted
						: r.rlim_cur - SPARE_FDS;
}

static enum kind kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i], name) == 0)
			return (enum kind)i;
	fprintf(stderr, "postern-sim: --kind idle|header|body|read|forged\n");
	exit(2);
}

static uint64_t number(int argc, char **argv, const char *name,
		       const char *fallback)
{
	return strtoull(sim_option(argc, argv, name, fallback), NULL, 10);
}

static void aim(struct flood *f, int argc, char **argv)
{
	const char *get = sim_option(argc, argv, "--get", NULL);
	const char *token = sim_option(argc, argv, "--token-file", NULL);
	const char *secret = sim_option(argc, argv, "--secret-file", NULL);

	if (get == NULL) {
		target(f, sim_option(argc, argv, "--hook", ""));
		compose(f, number(argc, argv, "--bytes", "1000"),
			secret != NULL ? sim_file(secret) : NULL);
		return;
	}
	target(f, get);
	compose_get(f, token != NULL ? sim_file(token) : NULL);
}

int sim_flood_main(int argc, char **argv)
{
	static struct flood f;

	f.kind = kind_of(sim_option(argc, argv, "--kind", "idle"));
	f.requests = number(argc, argv, "--requests", "1");
	aim(&f, argc, argv);
	f.wanted = number(argc, argv, "--clients", "1000");
	f.sources = number(argc, argv, "--sources", "4");
	if (f.sources == 0 || f.sources > 250)
		f.sources = 1;
	f.again = sim_flag(argc, argv, "--again");
	f.pause_us = (int64_t)number(argc, argv, "--pause-ms", "500") * 1000;
	f.peers_len = affordable(f.wanted);
	f.peers = calloc(f.peers_len, sizeof(*f.peers));
	f.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (f.peers == NULL || f.epoll < 0)
		return 1;
	for (size_t i = 0; i < f.peers_len; i++)
		f.peers[i].fd = -1;
	f.start_us = sim_boot_us();
	f.stop_us = f.start_us +
		    (int64_t)number(argc, argv, "--seconds", "10") * 1000000;
	flood_run(&f);
	flood_report(&f);
	return 0;
}
