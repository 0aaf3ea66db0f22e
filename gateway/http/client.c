/* client.c - all calls out, on one multi handle and one thread.
 *
 * Connections are kept alive and shared by every call to the same host and
 * port; guard.c checks the peer before each request, so sharing does not
 * widen anybody's allow list.  There are no cookies and no log-ins that stick
 * to a connection. */
#include "exchange.h"

#include <malloc.h>
#include <sodium.h>
#include <time.h>

#define CONNECTIONS_KEPT 128L
#define FDS_MAX		 32
#define RESTING_MAX	 128

struct http_client {
	struct env *env;
	CURLM *multi;
	struct exchange *first;	  /* in the multi handle */
	struct exchange *refused; /* told at the next poll */
	struct exchange *resting; /* over, to be used again; newest first */
	size_t resting_len;
	size_t under_way;
	uint64_t waited_us;
	struct curl_slist *resolve;
};

/* --- memory that curl frees is wiped: its buffers held messages and tokens */

static void wiping_free(void *p)
{
	if (p == NULL)
		return;
	sodium_memzero(p, malloc_usable_size(p));
	free(p);
}

static void *wiping_realloc(void *p, size_t size)
{
	size_t had = p == NULL ? 0 : malloc_usable_size(p);
	void *moved = malloc(size > 0 ? size : 1);

	if (moved == NULL)
		return NULL;
	if (p != NULL)
		memcpy(moved, p, had < size ? had : size);
	wiping_free(p);
	return moved;
}

/* --- the call struct ------------------------------------------------------
 */

static bool header_text(const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static void wipe_text(char **text)
{
	if (*text == NULL)
		return;
	sodium_memzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

int http_call_set(char **member, const char *value, struct err *err)
{
	char *copy = NULL;

	if (value != NULL) {
		copy = strdup(value);
		if (copy == NULL)
			return ERR_SET(err, ERR_NOMEM, "out of memory", 0);
	}
	wipe_text(member);
	*member = copy;
	return 0;
}

int http_call_header(struct http_call *call, const char *name,
		     const char *value, struct err *err)
{
	struct http_header h = {0};

	if (call->headers_len == HTTP_HEADERS_MAX)
		return ERR_SET(err, ERR_INPUT, "too many headers", 0);
	if (*name == '\0' || strpbrk(name, ": \t") != NULL ||
	    !header_text(name) || !header_text(value))
		return ERR_SET(err, ERR_INPUT, "not a header", 0);
	if (http_call_set(&h.name, name, err) != 0)
		return -1;
	if (http_call_set(&h.value, value, err) != 0) {
		wipe_text(&h.name);
		return -1;
	}
	call->headers[call->headers_len++] = h;
	return 0;
}

void http_call_strip(struct http_call *call)
{
	for (size_t i = 0; i < call->headers_len; i++) {
		wipe_text(&call->headers[i].name);
		wipe_text(&call->headers[i].value);
	}
	for (size_t i = 0; i < call->form_len; i++) {
		wipe_text(&call->form[i].name);
		wipe_text(&call->form[i].value);
	}
	call->headers_len = call->form_len = 0;
	wipe_text(&call->file_name);
	wipe_text(&call->file_type);
	buf_free(&call->body);
}

void http_call_free(struct http_call *call)
{
	http_call_strip(call);
	wipe_text(&call->url);
	memset(call, 0, sizeof(*call));
}

/* --- the client -----------------------------------------------------------
 */

int http_open(struct env *env, struct http_client **ret, struct err *err)
{
	/* curl's own checks read these; they are not ours to obey. */
	static const char *const ignored[] = {"SSLKEYLOGFILE", "CURL_CA_BUNDLE",
					      "SSL_CERT_FILE", "SSL_CERT_DIR"};
	struct http_client *c = NULL;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)unsetenv(ignored[i]);
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wiping_free,
				 wiping_realloc, strdup, calloc) != CURLE_OK)
		return ERR_SET(err, ERR_NOMEM, "cannot start libcurl", 0);
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return ERR_SET(err, ERR_NOMEM, "out of memory", 0);
	c->env = env;
	c->multi = curl_multi_init();
	if (c->multi == NULL) {
		free(c);
		return ERR_SET(err, ERR_NOMEM, "cannot start libcurl", 0);
	}
	(void)curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS,
				CONNECTIONS_KEPT);
	*ret = c;
	return 0;
}

static void drop_list(struct exchange **list)
{
	struct exchange *next;

	for (struct exchange *x = *list; x != NULL; x = next) {
		next = x->next;
		exchange_free(&x);
	}
	*list = NULL;
}

void http_close(struct http_client **c)
{
	struct http_client *gone = *c;

	*c = NULL;
	if (gone == NULL)
		return;
	for (struct exchange *x = gone->first; x != NULL; x = x->next)
		(void)curl_multi_remove_handle(gone->multi, x->easy);
	drop_list(&gone->first);
	drop_list(&gone->refused);
	drop_list(&gone->resting);
	(void)curl_multi_cleanup(gone->multi);
	curl_slist_free_all(gone->resolve);
	free(gone);
}

int http_set_resolve(struct http_client *c, const char *const *answers,
		     size_t answers_len, struct err *err)
{
	struct curl_slist *list = NULL, *more;

	for (size_t i = 0; answers != NULL && i < answers_len; i++) {
		more = curl_slist_append(list, answers[i]);
		if (more == NULL) {
			curl_slist_free_all(list);
			return ERR_SET(err, ERR_NOMEM, "out of memory", 0);
		}
		list = more;
	}
	/* Calls under way borrow the old list only until they are resolved,
	 * which happens inside http_poll; keep it simple: none may run. */
	if (c->under_way > 0) {
		curl_slist_free_all(list);
		return ERR_SET(err, ERR_BUSY, "calls are under way", 0);
	}
	/* They have the old one. */
	drop_list(&c->resting);
	c->resting_len = 0;
	curl_slist_free_all(c->resolve);
	c->resolve = list;
	return 0;
}

static void link_in(struct exchange **list, struct exchange *x)
{
	x->previous = NULL;
	x->next = *list;
	if (*list != NULL)
		(*list)->previous = x;
	*list = x;
}

static void link_out(struct exchange **list, struct exchange *x)
{
	if (x->previous != NULL)
		x->previous->next = x->next;
	else
		*list = x->next;
	if (x->next != NULL)
		x->next->previous = x->previous;
}

static struct exchange *rested(struct http_client *c,
			       const struct http_call *call)
{
	struct exchange *x = c->resting;

	while (x != NULL && !exchange_fits(x, call))
		x = x->next;
	if (x == NULL)
		return NULL;
	link_out(&c->resting, x);
	c->resting_len--;
	return x;
}

static void rest_or_free(struct http_client *c, struct exchange *x)
{
	struct exchange *oldest = c->resting;

	if (!exchange_rest(x)) {
		exchange_free(&x);
		return;
	}
	link_in(&c->resting, x);
	if (++c->resting_len <= RESTING_MAX)
		return;
	while (oldest->next != NULL)
		oldest = oldest->next;
	link_out(&c->resting, oldest);
	exchange_free(&oldest);
	c->resting_len--;
}

/* A new exchange in *ret, or why not; *ret_refused: by the guard. */
static int make(struct http_client *c, struct http_call *call,
		struct exchange **ret, bool *ret_refused, struct err *err)
{
	struct exchange *x = calloc(1, sizeof(*x));

	if (x == NULL) {
		http_call_free(call);
		return ERR_SET(err, ERR_NOMEM, "out of memory", 0);
	}
	x->env = c->env;
	x->call = *call;
	memset(call, 0, sizeof(*call));
	*ret_refused = !guard_url(x);
	if (!*ret_refused && exchange_prepare(x, c->resolve, err) != 0) {
		exchange_free(&x);
		return -1;
	}
	*ret = x;
	return 0;
}

int http_start(struct http_client *c, struct http_call *call, http_done done,
	       void *ctx, struct err *err)
{
	struct exchange *x = rested(c, call);
	bool refused = false;

	if (x == NULL) {
		if (make(c, call, &x, &refused, err) != 0)
			return -1;
	} else if (exchange_renew(x, call, err) != 0) {
		exchange_free(&x);
		return -1;
	}
	x->done = done;
	x->ctx = ctx;
	x->reply.retry_after_ms = -1;
	/* on_body keeps the cap that counts. */
	x->reply.body = BUF_INIT(x->call.answer_max);
	if (refused) {
		x->reply.fate = HTTP_REFUSED;
		link_in(&c->refused, x);
		c->under_way++;
		return 0;
	}
	if (curl_multi_add_handle(c->multi, x->easy) != CURLM_OK) {
		exchange_free(&x);
		return ERR_SET(err, ERR_NOMEM, "cannot start the call", 0);
	}
	link_in(&c->first, x);
	c->under_way++;
	return 0;
}

static void tell(struct http_client *c, struct exchange *x)
{
	c->under_way--;
	x->done(x->ctx, &x->reply);
	rest_or_free(c, x);
}

static void tell_finished(struct http_client *c)
{
	struct exchange *x;
	CURLMsg *message;
	CURLcode result;
	int left;

	while ((message = curl_multi_info_read(c->multi, &left)) != NULL) {
		if (message->msg != CURLMSG_DONE)
			continue;
		result = message->data.result;
		x = NULL;
		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
					&x);
		if (x == NULL)
			continue;
		exchange_judge(x, result);
		(void)curl_multi_remove_handle(c->multi, x->easy);
		link_out(&c->first, x);
		tell(c, x);
	}
}

/* Only those there now: a callback may start calls that are refused too. */
static void tell_refused(struct http_client *c)
{
	struct exchange *list = c->refused, *next;

	c->refused = NULL;
	for (struct exchange *x = list; x != NULL; x = next) {
		next = x->next;
		tell(c, x);
	}
}

static uint64_t clock_us(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail */
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

int http_poll(struct http_client *c, const int *fds, size_t fds_len,
	      int timeout_ms, struct err *err)
{
	struct curl_waitfd extra[FDS_MAX] = {0};
	uint64_t before_us;
	int running;

	if (fds_len > FDS_MAX)
		return ERR_SET(err, ERR_INPUT, "too many descriptors", 0);
	for (size_t i = 0; i < fds_len; i++) {
		extra[i].fd = fds[i];
		extra[i].events = CURL_WAIT_POLLIN;
	}
	if (c->refused != NULL)
		timeout_ms = 0;
	before_us = clock_us();
	if (curl_multi_poll(c->multi, extra, (unsigned int)fds_len, timeout_ms,
			    NULL) != CURLM_OK)
		return ERR_SET(err, ERR_BUSY, "cannot wait for traffic", 0);
	c->waited_us += clock_us() - before_us;
	if (curl_multi_perform(c->multi, &running) != CURLM_OK)
		return ERR_SET(err, ERR_BUSY, "cannot move calls on", 0);
	tell_finished(c);
	tell_refused(c);
	return 0;
}

size_t http_under_way(const struct http_client *c)
{
	return c->under_way;
}

uint64_t http_waited_us(const struct http_client *c)
{
	return c->waited_us;
}
