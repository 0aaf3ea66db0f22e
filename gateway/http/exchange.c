/* exchange.c - a call as a curl handle, and what became of it. */
#include "exchange.h"

#include <sodium.h>

#define CONNECT_MS   5000L
#define WHOLE_MS     30000L
#define IDLE_POOL_S  60L
#define SLOW_BYTES   100L
#define SLOW_SECONDS 15L
/* A longer body would pass through a buffer that stays with the handle. */
#define REST_BODY_MAX 32768

/* --- callbacks ------------------------------------------------------------
 */

static size_t on_header(char *bytes, size_t one, size_t len, void *ctx)
{
	struct exchange *x = ctx;

	(void)bytes;
	(void)one;
	x->header_bytes += len;
	if (x->header_bytes <= HEADER_BYTES_MAX)
		return len;
	x->too_large = true;
	return 0;
}

static long status_of(CURL *easy)
{
	long status = 0;

	if (curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) !=
	    CURLE_OK)
		return 0;
	return status;
}

static size_t on_body(char *bytes, size_t one, size_t len, void *ctx)
{
	struct exchange *x = ctx;
	long status = status_of(x->easy);
	bool sink = x->call.sink != NULL && status >= 200 && status < 300;
	size_t max = x->call.answer_max;

	(void)one;
	if (x->call.sink != NULL && !sink && max > ERROR_BODY_MAX)
		max = ERROR_BODY_MAX;
	if (len > max - x->body_bytes || x->body_bytes > max) {
		x->too_large = true;
		return 0;
	}
	x->body_bytes += len;
	if (!sink)
		return buf_append(&x->reply.body, bytes, len, NULL) == 0 ? len
									 : 0;
	if (x->call.sink(x->call.sink_ctx, (const uint8_t *)bytes, len) == 0)
		return len;
	x->aborted = true;
	return 0;
}

static size_t on_file(char *ret, size_t one, size_t size, void *ctx)
{
	struct exchange *x = ctx;
	size_t len;

	len = x->call.file(x->call.file_ctx, (uint8_t *)ret, one * size);
	if (len == (size_t)-1 || len > one * size) {
		x->aborted = true;
		return CURL_READFUNC_ABORT;
	}
	x->file_given += (int64_t)len;
	/* Less or more than announced would cut the request short or run into
	 * the next one. */
	if (x->call.file_len >= 0 &&
	    (x->file_given > x->call.file_len ||
	     (len == 0 && x->file_given < x->call.file_len))) {
		x->aborted = true;
		return CURL_READFUNC_ABORT;
	}
	return len;
}

/* --- making the handle ----------------------------------------------------
 */

static bool is_method(const char *method)
{
	size_t len = strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return len > 0 && method[len] == '\0';
}

static int add_header_line(struct exchange *x, const char *name,
			   const char *value)
{
	size_t size = strlen(name) + strlen(value) + 3;
	char *line = malloc(size);
	struct curl_slist *more = NULL;

	if (line == NULL)
		return -1;
	if (*value == '\0')
		(void)snprintf(line, size, "%s;", name); /* curl's spelling */
	else
		(void)snprintf(line, size, "%s: %s", name, value);
	more = curl_slist_append(x->headers, line);
	sodium_memzero(line, size);
	free(line);
	if (more == NULL)
		return -1;
	x->headers = more;
	return 0;
}

static int set_headers(struct exchange *x)
{
	struct curl_slist *more;

	for (size_t i = 0; i < x->call.headers_len; i++)
		if (add_header_line(x, x->call.headers[i].name,
				    x->call.headers[i].value) != 0)
			return -1;
	/* No waiting for "100 Continue". */
	more = curl_slist_append(x->headers, "Expect:");
	if (more == NULL)
		return -1;
	x->headers = more;
	return curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers) ==
		       CURLE_OK
		   ? 0
		   : -1;
}

static int add_field(struct exchange *x, const struct http_header *field)
{
	curl_mimepart *part = curl_mime_addpart(x->mime);

	if (part == NULL || curl_mime_name(part, field->name) != CURLE_OK ||
	    curl_mime_data(part, field->value, CURL_ZERO_TERMINATED) !=
		CURLE_OK)
		return -1;
	return 0;
}

static int set_form(struct exchange *x)
{
	curl_mimepart *part;

	x->mime = curl_mime_init(x->easy);
	if (x->mime == NULL)
		return -1;
	for (size_t i = 0; i < x->call.form_len; i++)
		if (add_field(x, &x->call.form[i]) != 0)
			return -1;
	if (x->call.file != NULL) {
		part = curl_mime_addpart(x->mime);
		if (part == NULL || curl_mime_name(part, "file") != CURLE_OK ||
		    curl_mime_data_cb(part, (curl_off_t)x->call.file_len,
				      on_file, NULL, NULL, x) != CURLE_OK ||
		    curl_mime_filename(part, x->call.file_name != NULL
						 ? x->call.file_name
						 : "file") != CURLE_OK)
			return -1;
		if (x->call.file_type != NULL &&
		    curl_mime_type(part, x->call.file_type) != CURLE_OK)
			return -1;
	}
	return curl_easy_setopt(x->easy, CURLOPT_MIMEPOST, x->mime) == CURLE_OK
		   ? 0
		   : -1;
}

#define SET(option, value)                                                    \
	do {                                                                  \
		if (curl_easy_setopt(x->easy, (option), (value)) != CURLE_OK) \
			return -1;                                            \
	} while (0)

static int set_body(struct exchange *x)
{
	bool post = strcmp(x->call.method, "POST") == 0;
	bool form = x->call.form_len > 0 || x->call.file != NULL;

	if (form) {
		if (set_form(x) != 0)
			return -1;
	} else if (post || x->call.body.len > 0) {
		/* The bytes stay ours until the exchange ends. */
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->call.body.len);
		SET(CURLOPT_POSTFIELDS, x->call.body.len > 0
					    ? (const char *)x->call.body.bytes
					    : "");
	} else {
		SET(CURLOPT_HTTPGET, 1L);
	}
	if (!post && strcmp(x->call.method, "GET") != 0)
		SET(CURLOPT_CUSTOMREQUEST, x->call.method);
	return 0;
}

/* Source: assurance 4.5. */
static int set_guards(struct exchange *x)
{
	SET(CURLOPT_PROTOCOLS_STR, x->plain ? "http" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	SET(CURLOPT_TIMEOUT_MS,
	    x->call.timeout_ms > 0 ? x->call.timeout_ms : WHOLE_MS);
	SET(CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
	SET(CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS);
	SET(CURLOPT_OPENSOCKETFUNCTION, guard_open_socket);
	SET(CURLOPT_OPENSOCKETDATA, x);
	SET(CURLOPT_PREREQFUNCTION, guard_before_request);
	SET(CURLOPT_PREREQDATA, x);
	return 0;
}

static int set_transfer(struct exchange *x, struct curl_slist *resolve)
{
	SET(CURLOPT_URL, x->call.url);
	SET(CURLOPT_PRIVATE, x);
	/* One request, one connection: HTTP/1.1 keeps "was it sent" simple. */
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_MAXAGE_CONN, IDLE_POOL_S);
	SET(CURLOPT_USERAGENT, "postern");
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, x);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, x);
	if (resolve != NULL)
		SET(CURLOPT_RESOLVE, resolve);
	return 0;
}

#undef SET

int exchange_prepare(struct exchange *x, struct curl_slist *resolve,
		     struct err *err)
{
	if (!is_method(x->call.method))
		return ERR_SET(err, ERR_INPUT, "no HTTP method", 0);
	x->easy = curl_easy_init();
	if (x->easy == NULL || set_guards(x) != 0 ||
	    set_transfer(x, resolve) != 0 || set_body(x) != 0 ||
	    set_headers(x) != 0)
		return ERR_SET(err, ERR_NOMEM, "cannot prepare the call", 0);
	return 0;
}

/* --- what became of it ----------------------------------------------------
 */

static void take_answer(struct exchange *x)
{
	struct curl_header *header = NULL;
	const char *type = NULL;
	int64_t now_ms;

	x->reply.status = status_of(x->easy);
	if (x->reply.status == 0)
		return;
	if (curl_easy_getinfo(x->easy, CURLINFO_CONTENT_TYPE, &type) ==
		CURLE_OK &&
	    type != NULL)
		(void)snprintf(x->reply.type, sizeof(x->reply.type), "%s",
			       type);
	if (curl_easy_header(x->easy, "Retry-After", 0, CURLH_HEADER, -1,
			     &header) != CURLHE_OK)
		return;
	now_ms = x->env->wall_ms(x->env);
	x->reply.retry_after_ms = http_retry_after_ms(header->value, now_ms);
}

static enum http_fate fate_of(const struct exchange *x, CURLcode result)
{
	if (x->too_large)
		return HTTP_TOO_LARGE;
	if (x->aborted)
		return HTTP_ABORTED;
	if (result == CURLE_OK && x->reply.status >= 200)
		return HTTP_ANSWERED;
	if (x->began)
		return HTTP_CUT;
	/* Never past the guard: the address, or a URL only curl dislikes. */
	if (x->refused && !x->permitted)
		return HTTP_REFUSED;
	if (result == CURLE_UNSUPPORTED_PROTOCOL ||
	    result == CURLE_URL_MALFORMAT)
		return HTTP_REFUSED;
	return HTTP_NOT_SENT;
}

void exchange_judge(struct exchange *x, CURLcode result)
{
	take_answer(x);
	x->reply.fate = fate_of(x, result);
}

static void free_headers(struct exchange *x)
{
	for (struct curl_slist *s = x->headers; s != NULL; s = s->next)
		sodium_memzero(s->data, strlen(s->data));
	curl_slist_free_all(x->headers);
	x->headers = NULL;
}

/* --- handles that rest ----------------------------------------------------
 */

static bool plain_post(const struct http_call *call)
{
	return strcmp(call->method, "POST") == 0 && call->url != NULL &&
	       call->form_len == 0 && call->file == NULL;
}

bool exchange_rest(struct exchange *x)
{
	if (x->easy == NULL || !plain_post(&x->call) ||
	    x->call.body.len > REST_BODY_MAX ||
	    curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, "") != CURLE_OK ||
	    curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, NULL) != CURLE_OK)
		return false;
	free_headers(x);
	buf_free(&x->reply.body);
	http_call_strip(&x->call);
	return true;
}

bool exchange_fits(const struct exchange *x, const struct http_call *call)
{
	const struct http_call *was = &x->call;

	return plain_post(call) && strcmp(was->url, call->url) == 0 &&
	       was->timeout_ms == call->timeout_ms &&
	       was->allow == call->allow && was->allow_len == call->allow_len &&
	       was->hosts == call->hosts && was->hosts_len == call->hosts_len &&
	       was->http_allowed == call->http_allowed;
}

int exchange_renew(struct exchange *x, struct http_call *call, struct err *err)
{
	http_call_free(&x->call);
	x->call = *call;
	memset(call, 0, sizeof(*call));
	x->reply = (struct http_reply){0};
	x->header_bytes = x->body_bytes = 0;
	x->refused = x->permitted = x->began = false;
	x->too_large = x->aborted = false;
	if (set_body(x) != 0 || set_headers(x) != 0)
		return ERR_SET(err, ERR_NOMEM, "cannot prepare the call", 0);
	return 0;
}

void exchange_free(struct exchange **x)
{
	struct exchange *gone = *x;

	*x = NULL;
	if (gone == NULL)
		return;
	if (gone->easy != NULL)
		curl_easy_cleanup(gone->easy);
	curl_mime_free(gone->mime);
	free_headers(gone);
	http_call_free(&gone->call);
	buf_free(&gone->reply.body);
	free(gone);
}
