/* content.c - what is sealed, as JSON. */
#include "content.h"

#include "postern/jsonout.h"
#include "postern/text.h"

static const char hex_digits[] = "0123456789abcdef";

static int put_char(struct buf *b, const uint8_t *s, size_t len,
		    struct err *err)
{
	uint8_t escape[6] = {'\\', 'u', '0', '0'};

	if (len == 0)
		return buf_append(b, "\xef\xbf\xbd", 3, err);
	if (s[0] == '"' || s[0] == '\\') {
		escape[1] = s[0];
		return buf_append(b, escape, 2, err);
	}
	if (s[0] < 0x20) {
		escape[4] = (uint8_t)hex_digits[s[0] >> 4];
		escape[5] = (uint8_t)hex_digits[s[0] & 15];
		return buf_append(b, escape, 6, err);
	}
	return buf_append(b, s, len, err);
}

static int put_string(struct buf *b, const char *text, size_t len,
		      struct err *err)
{
	const uint8_t *s = (const uint8_t *)text;
	size_t n;

	if (buf_append_u8(b, '"', err) != 0)
		return -1;
	for (size_t i = 0; i<len; i += n> 0 ? n : 1) {
		n = jsonout_plain(s + i, len - i);
		if (n > 0) { /* a run without anything to escape */
			if (buf_append(b, s + i, n, err) != 0)
				return -1;
			continue;
		}
		n = utf8_sequence(s + i, len - i);
		if (put_char(b, s + i, n, err) != 0)
			return -1;
	}
	return buf_append_u8(b, '"', err);
}

/* One member; an absent text adds nothing. */
static int put_member(struct buf *b, const char *key, const char *text,
		      size_t len, struct err *err)
{
	if (text == NULL)
		return 0;
	if (buf_append_text(b, b->len == 0 ? "{" : ",", err) != 0 ||
	    put_string(b, key, strlen(key), err) != 0 ||
	    buf_append_u8(b, ':', err) != 0)
		return -1;
	return put_string(b, text, len, err);
}

static int put_text(struct buf *b, const char *key, const char *text,
		    struct err *err)
{
	return put_member(b, key, text, text != NULL ? strlen(text) : 0, err);
}

static int put_end(struct buf *b, struct err *err)
{
	return buf_append_text(b, b->len == 0 ? "{}" : "}", err);
}

/* --- reasons -------------------------------------------------------------- */

/* Every message that is stored and told as its channel says has these. */
static bool everyday(const char *code)
{
	static const char *const codes[] = {"channel.data", "helpdesk.sees",
					    "helpdesk.person", "data.media"};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i], code) == 0)
			return true;
	return false;
}

static int put_reason(struct buf *b, const struct policy_reason *r, bool first,
		      struct err *err)
{
	char tail[32];

	if (first) {
		if (buf_append_text(b, b->len == 0 ? "{" : ",", err) != 0 ||
		    buf_append_text(b, "\"why\":[", err) != 0)
			return -1;
	} else if (buf_append_u8(b, ',', err) != 0) {
		return -1;
	}
	(void)snprintf(tail, sizeof(tail), ",\"line\":%zu}", r->line);
	if (buf_append_text(b, "{\"code\":", err) != 0 ||
	    put_string(b, r->code, strlen(r->code), err) != 0)
		return -1;
	return buf_append_text(b, tail, err);
}

static int put_reasons(struct buf *b, const struct policy_decision *d,
		       struct err *err)
{
	bool first = true;

	for (size_t i = 0; d != NULL && i < d->reasons_len; i++) {
		if (everyday(d->reasons[i].code))
			continue;
		if (put_reason(b, &d->reasons[i], first, err) != 0)
			return -1;
		first = false;
	}
	return first ? 0 : buf_append_u8(b, ']', err);
}

static int put_redacted(struct buf *b, const struct content_more *more,
			struct err *err)
{
	const char *at = more->redacted, *end = at + more->redacted_len;

	if (more->redacted_len == 0)
		return 0;
	if (buf_append_text(b, b->len == 0 ? "{" : ",", err) != 0 ||
	    buf_append_text(b, "\"redacted\":[", err) != 0)
		return -1;
	for (; at < end; at += strlen(at) + 1)
		if ((at > more->redacted && buf_append_u8(b, ',', err) != 0) ||
		    put_string(b, at, strlen(at), err) != 0)
			return -1;
	return buf_append_u8(b, ']', err);
}

/* --- contents ------------------------------------------------------------- */

int content_message(const struct event *e, const struct content_more *more,
		    struct buf *ret, struct err *err)
{
	buf_clear(ret);
	if (e->text != NULL) {
		if (put_member(ret, "text", e->text, e->text_len, err) != 0)
			return -1;
	} else if (put_text(ret, "text", e->payload, err) != 0) {
		return -1; /* a button pressed: what it says */
	}
	if (put_text(ret, "id", e->id, err) != 0 ||
	    put_text(ret, "reply_to", e->reply_to, err) != 0 ||
	    put_text(ret, "target", e->target, err) != 0 ||
	    put_text(ret, "emoji", e->emoji, err) != 0)
		return -1;
	if (e->kind == EVENT_REACTION && e->removed &&
	    (buf_append_text(ret, ret->len == 0 ? "{" : ",", err) != 0 ||
	     buf_append_text(ret, "\"removed\":true", err) != 0))
		return -1;
	if (put_reasons(ret, more->decision, err) != 0 ||
	    put_redacted(ret, more, err) != 0)
		return -1;
	return put_end(ret, err);
}

int content_automatic(const struct content_automatic *c, struct buf *ret,
		      struct err *err)
{
	char version[40];

	buf_clear(ret);
	(void)snprintf(version, sizeof(version), ",\"version\":%lld",
		       (long long)c->version);
	if (put_member(ret, "text", c->text, c->text_len, err) != 0 ||
	    put_text(ret, "notice", c->notice, err) != 0 ||
	    buf_append_text(ret, version, err) != 0 ||
	    (c->why != NULL && (put_reason(ret, c->why, true, err) != 0 ||
				buf_append_u8(ret, ']', err) != 0)))
		return -1;
	return put_end(ret, err);
}

int content_profile(const struct party *p, struct buf *ret, struct err *err)
{
	buf_clear(ret);
	if (put_text(ret, "name", p->name, err) != 0 ||
	    put_text(ret, "username", p->username, err) != 0)
		return -1;
	return put_end(ret, err);
}

int content_media(const struct event_media *m, struct buf *ret, struct err *err)
{
	buf_clear(ret);
	if (put_text(ret, "id", m->id, err) != 0 ||
	    put_text(ret, "name", m->name, err) != 0 ||
	    put_text(ret, "mime", m->mime, err) != 0 ||
	    put_text(ret, "sha256", m->sha256, err) != 0)
		return -1;
	return put_end(ret, err);
}
