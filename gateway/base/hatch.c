/* hatch.c - requests of the public and their answers, as frames. */
#include "postern/hatch.h"

#include <string.h>
#include <strings.h>

#define STATUS_MIN  200
#define STATUS_MAX  599
#define RETRY_MAX_S 86400

const char *public_method_name(enum public_method method)
{
	switch (method) {
	case PUBLIC_GET:
		return "GET";
	case PUBLIC_POST:
		return "POST";
	case PUBLIC_DELETE:
		return "DELETE";
	case PUBLIC_DONE:
		return "DONE";
	default:
		return NULL;
	}
}

static int method_number(const char *name)
{
	for (int m = PUBLIC_GET; m <= PUBLIC_DONE; m++)
		if (strcmp(name, public_method_name((enum public_method)m)) ==
		    0)
			return m;
	return 0;
}

/* --- texts: length, bytes, NUL -------------------------------------------- */

static int put_text(struct buf *b, const char *text, size_t max,
		    struct err *err)
{
	size_t len = text != NULL ? strlen(text) : 0;

	if (len > max)
		return ERR_SET(err, ERR_INPUT, "a text is too long", 0);
	if (buf_append_u16(b, (uint16_t)len, err) != 0)
		return -1;
	return buf_append(b, len > 0 ? text : "", len + 1, err);
}

/* Visible ASCII, blanks and tabs: nothing that could end a header.  Others
 * only where high. */
static bool is_plain(const char *text, size_t len, bool high)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f || (c > 0x7f && !high))
			return false;
	}
	return true;
}

static const char *get_text(struct cut *c, size_t max, bool high)
{
	size_t len = cut_u16(c);
	const char *text = (const char *)cut_bytes(c, len + 1);

	if (text == NULL || len > max || text[len] != '\0' ||
	    memchr(text, '\0', len) != NULL || !is_plain(text, len, high)) {
		c->failed = 1;
		return "";
	}
	return text;
}

static int put_body(struct buf *b, const uint8_t *body, size_t len, size_t max,
		    struct err *err)
{
	if (len > max)
		return ERR_SET(err, ERR_INPUT, "a body is too long", 0);
	if (buf_append_u32(b, (uint32_t)len, err) != 0)
		return -1;
	return len > 0 ? buf_append(b, body, len, err) : 0;
}

/* The last thing in a frame. */
static const uint8_t *get_body(struct cut *c, size_t max, size_t *ret_len)
{
	size_t len = cut_u32(c);

	if (c->failed || len > max || len != c->left) {
		c->failed = 1;
		return NULL;
	}
	*ret_len = len;
	return cut_bytes(c, len);
}

/* --- requests ------------------------------------------------------------- */

int hatch_put_request(const struct public_request *rq, struct buf *ret,
		      struct err *err)
{
	int method = method_number(rq->method);

	if (method == 0)
		return ERR_SET(err, ERR_INPUT, "no method of the hatch", 0);
	if (buf_append_u8(ret, (uint8_t)method, err) != 0 ||
	    buf_append_u64(ret, (uint64_t)rq->at_ms, err) != 0 ||
	    put_text(ret, rq->path, PUBLIC_PATH_MAX, err) != 0 ||
	    put_text(ret, rq->query, PUBLIC_QUERY_MAX, err) != 0)
		return -1;
	for (size_t i = 0; i < PUBLIC_HEADERS; i++)
		if (put_text(ret, rq->header[i], PUBLIC_HEADER_MAX, err) != 0)
			return -1;
	return put_body(ret, rq->body, rq->body_len, PUBLIC_BODY_MAX, err);
}

int hatch_get_request(const uint8_t *payload, size_t len,
		      struct public_request *ret, struct err *err)
{
	struct cut c = CUT(payload, len);
	struct public_request rq = {0};

	rq.method = public_method_name((enum public_method)cut_u8(&c));
	rq.at_ms = (int64_t)cut_u64(&c);
	rq.path = get_text(&c, PUBLIC_PATH_MAX, false);
	rq.query = get_text(&c, PUBLIC_QUERY_MAX, false);
	for (size_t i = 0; i < PUBLIC_HEADERS; i++)
		rq.header[i] = get_text(&c, PUBLIC_HEADER_MAX, true);
	rq.body = get_body(&c, PUBLIC_BODY_MAX, &rq.body_len);
	if (c.failed || rq.method == NULL || rq.path[0] != '/' || rq.at_ms < 0)
		return ERR_SET(err, ERR_CORRUPT, "no request", 0);
	*ret = rq;
	return 0;
}

/* --- answers -------------------------------------------------------------- */

/* What says where an answer ends is the intake's alone. */
static bool is_name(const char *name)
{
	static const char *const framing[] = {"content-length",
					      "transfer-encoding", "connection",
					      "content-type", "retry-after"};

	if (name[0] == '\0' || strlen(name) > PUBLIC_ANSWER_NAME_MAX)
		return false;
	for (const char *c = name; *c != '\0'; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9') || *c == '-'))
			return false;
	for (size_t i = 0; i < sizeof(framing) / sizeof(framing[0]); i++)
		if (strcasecmp(name, framing[i]) == 0)
			return false;
	return true;
}

static bool is_answer(unsigned int status, int64_t retry_after_s,
		      size_t headers_len)
{
	return status >= STATUS_MIN && status <= STATUS_MAX &&
	       retry_after_s >= 0 && retry_after_s <= RETRY_MAX_S &&
	       headers_len <= PUBLIC_ANSWER_HEADERS_MAX;
}

int hatch_put_answer(const struct public_answer *a, struct buf *ret,
		     struct err *err)
{
	if (!is_answer(a->status, a->retry_after_s, a->headers_len))
		return ERR_SET(err, ERR_INPUT, "no answer", 0);
	if (buf_append_u16(ret, (uint16_t)a->status, err) != 0 ||
	    buf_append_u32(ret, (uint32_t)a->retry_after_s, err) != 0 ||
	    put_text(ret, a->type, PUBLIC_ANSWER_NAME_MAX, err) != 0 ||
	    buf_append_u8(ret, (uint8_t)a->headers_len, err) != 0)
		return -1;
	for (size_t i = 0; i < a->headers_len; i++) {
		const char *name = a->headers[i][0], *value = a->headers[i][1];

		if (!is_name(name) || !is_plain(value, strlen(value), false))
			return ERR_SET(err, ERR_INPUT, "no header", 0);
		if (put_text(ret, name, PUBLIC_ANSWER_NAME_MAX, err) != 0 ||
		    put_text(ret, value, PUBLIC_ANSWER_VALUE_MAX, err) != 0)
			return -1;
	}
	return put_body(ret, a->body.bytes, a->body.len, PUBLIC_ANSWER_MAX,
			err);
}

int hatch_get_answer(const uint8_t *payload, size_t len,
		     struct hatch_answer *ret, struct err *err)
{
	struct cut c = CUT(payload, len);
	struct hatch_answer a = {0};

	a.status = cut_u16(&c);
	a.retry_after_s = cut_u32(&c);
	a.type = get_text(&c, PUBLIC_ANSWER_NAME_MAX, false);
	a.headers_len = cut_u8(&c);
	if (!is_answer(a.status, a.retry_after_s, a.headers_len))
		return ERR_SET(err, ERR_CORRUPT, "no answer", 0);
	for (size_t i = 0; i < a.headers_len; i++) {
		a.headers[i][0] = get_text(&c, PUBLIC_ANSWER_NAME_MAX, false);
		a.headers[i][1] = get_text(&c, PUBLIC_ANSWER_VALUE_MAX, false);
		if (!is_name(a.headers[i][0]))
			c.failed = 1;
	}
	a.body = get_body(&c, PUBLIC_ANSWER_MAX, &a.body_len);
	if (c.failed || (a.type[0] == '\0' && a.body_len > 0))
		return ERR_SET(err, ERR_CORRUPT, "no answer", 0);
	*ret = a;
	return 0;
}
