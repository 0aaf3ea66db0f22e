/* guard.c - is this request framed in one way only? */
#include "intake/guard.h"

#include <string.h>
#include <strings.h>

#define BLANKS_MAX     16 /* between colon and value */
#define LENGTH_DIGITS  18
#define TARGET_LEN_MAX 4096
#define HOST_LEN_MAX   255
#define VERSION_LEN    8 /* "HTTP/1.1" */
#define CRLF_LEN       2

/* --- characters ---------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool is_token(const char *text, size_t len)
{
	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_word(text[i]) && !one_of(text[i], "!#$%&'*+-.^_`|~"))
			return false;
	return true;
}

/* Field content: no control character but the tab. */
static bool is_value(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* --- the request target -------------------------------------------------- */

static bool segment_odd(const char *segment, size_t len)
{
	return len == 0 || (len == 1 && segment[0] == '.') ||
	       (len == 2 && segment[0] == '.' && segment[1] == '.');
}

/* Path from its slash up to '?' or the end; 0 if refused. */
static size_t path_len(const char *raw)
{
	size_t at = 1, begin = 1;

	if (raw[0] != '/')
		return 0;
	for (; raw[at] != '\0' && raw[at] != '?'; at++) {
		if (raw[at] == '/') {
			if (segment_odd(raw + begin, at - begin))
				return 0;
			begin = at + 1;
		} else if (!is_word(raw[at]) && !one_of(raw[at], "-._~")) {
			return 0;
		}
	}
	/* "/" alone and a trailing slash are merely unknown addresses. */
	if (at > begin && segment_odd(raw + begin, at - begin))
		return 0;
	return at;
}

void guard_add(struct guard_request *rq, const char *name, size_t name_len,
	       const char *value, size_t value_len)
{
	if (rq->headers_len < GUARD_HEADERS_MAX)
		rq->headers[rq->headers_len] = (struct guard_header){
		    .name = name,
		    .name_len = name_len,
		    .value = value != NULL ? value : "",
		    .value_len = value != NULL ? value_len : 0,
		};
	rq->headers_len++;
}

size_t guard_target(const char *raw)
{
	size_t at;

	if (raw == NULL || (at = path_len(raw)) == 0)
		return 0;
	for (; raw[at] != '\0'; at++)
		if (raw[at] <= 0x20 || raw[at] >= 0x7f ||
		    one_of(raw[at], "#\\\"<>^`{|}"))
			return 0;
	return at <= TARGET_LEN_MAX ? at : 0;
}

/* --- the layout ---------------------------------------------------------- */

/* Addresses are compared as numbers; nothing is read through them. */
static bool lies_at(const char *text, uintptr_t place)
{
	return (uintptr_t)text == place;
}

static bool line_in_place(const struct guard_request *rq)
{
	uintptr_t at = (uintptr_t)rq->method + strlen(rq->method) + 1;

	if (!lies_at(rq->url, at))
		return false;
	return lies_at(rq->version, at + rq->target_len + 1);
}

static bool header_in_place(const struct guard_header *h, uintptr_t at)
{
	uintptr_t after_colon = at + h->name_len + 1;

	return lies_at(h->name, at) && (uintptr_t)h->value >= after_colon &&
	       (uintptr_t)h->value - after_colon <= BLANKS_MAX;
}

static bool block_in_place(const struct guard_request *rq)
{
	uintptr_t at = (uintptr_t)rq->version + VERSION_LEN + CRLF_LEN;

	if (!line_in_place(rq))
		return false;
	for (size_t i = 0; i < rq->headers_len; i++) {
		if (!header_in_place(&rq->headers[i], at))
			return false;
		at = (uintptr_t)rq->headers[i].value +
		     rq->headers[i].value_len + CRLF_LEN;
	}
	return at + CRLF_LEN == (uintptr_t)rq->method + rq->block_len;
}

/* --- single headers ------------------------------------------------------ */

static bool is_named(const struct guard_header *h, const char *name)
{
	return strlen(name) == h->name_len &&
	       strncasecmp(h->name, name, h->name_len) == 0;
}

static bool is_text(const struct guard_header *h, const char *text)
{
	return strlen(text) == h->value_len &&
	       strncasecmp(h->value, text, h->value_len) == 0;
}

size_t guard_count(const struct guard_request *rq, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < rq->headers_len && i < GUARD_HEADERS_MAX; i++)
		count += is_named(&rq->headers[i], name);
	return count;
}

static bool host_fits(const struct guard_header *h)
{
	if (h->value_len == 0 || h->value_len > HOST_LEN_MAX)
		return false;
	for (size_t i = 0; i < h->value_len; i++)
		if (!is_word(h->value[i]) && !one_of(h->value[i], "-._~:[]"))
			return false;
	return true;
}

static bool length_read(const struct guard_header *h, uint64_t *ret)
{
	uint64_t length = 0;

	if (h->value_len == 0 || h->value_len > LENGTH_DIGITS)
		return false;
	/* "010" is eight for some readers. */
	if (h->value[0] == '0' && h->value_len > 1)
		return false;
	for (size_t i = 0; i < h->value_len; i++) {
		if (!is_digit(h->value[i]))
			return false;
		length = length * 10 + (uint64_t)(h->value[i] - '0');
	}
	*ret = length;
	return true;
}

/* Names that another program may read as a framing header. */
static bool is_disguised(const struct guard_header *h)
{
	return is_named(h, "content_length") ||
	       is_named(h, "transfer_encoding");
}

struct framing {
	size_t hosts, lengths, codings, expects;
};

/* One header into the facts; false: refuse. */
static bool header_note(const struct guard_header *h, struct framing *seen,
			struct guard_facts *facts)
{
	if (!is_token(h->name, h->name_len) ||
	    !is_value(h->value, h->value_len) || is_disguised(h))
		return false;
	if (is_named(h, "host")) {
		seen->hosts++;
		return host_fits(h);
	}
	if (is_named(h, "content-length")) {
		seen->lengths++;
		facts->has_length = true;
		return length_read(h, &facts->length);
	}
	if (is_named(h, "transfer-encoding")) {
		seen->codings++;
		facts->chunked = true;
		return is_text(h, "chunked");
	}
	if (is_named(h, "expect")) {
		seen->expects++;
		facts->expect_other = !is_text(h, "100-continue");
	}
	return true;
}

bool guard_judge(const struct guard_request *rq, struct guard_facts *ret)
{
	struct guard_facts facts = {0};
	struct framing seen = {0};
	bool old = strcmp(rq->version, "HTTP/1.0") == 0;

	if (rq->target_len == 0 || rq->headers_len > GUARD_HEADERS_MAX)
		return false;
	if (!old && strcmp(rq->version, "HTTP/1.1") != 0)
		return false;
	if (!is_token(rq->method, strlen(rq->method)))
		return false;
	if (rq->in_place && !block_in_place(rq))
		return false;
	for (size_t i = 0; i < rq->headers_len; i++)
		if (!header_note(&rq->headers[i], &seen, &facts))
			return false;
	if (seen.hosts != 1 || seen.expects > 1 ||
	    seen.lengths + seen.codings > 1)
		return false;
	if (old && (facts.chunked || seen.expects > 0))
		return false;
	facts.get = strcmp(rq->method, "GET") == 0;
	facts.post = strcmp(rq->method, "POST") == 0;
	if (facts.get && (facts.chunked || facts.length > 0))
		return false;
	*ret = facts;
	return true;
}
