/* members.c - see members.h. */
#include "members.h"

#include <string.h>

#define MEDIA	  "media/"
#define MEDIA_LEN (6 + 2 + 1 + 32)
#define FIXED	  3 /* kind and length of the name */

static bool is_hex(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((text[i] < '0' || text[i] > '9') &&
		    (text[i] < 'a' || text[i] > 'f'))
			return false;
	return true;
}

bool members_name(const char *name, size_t len)
{
	static const char *const files[] = {"postern.db", "postern.yaml",
					    "policy.yaml"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strlen(files[i]) == len && memcmp(files[i], name, len) == 0)
			return true;
	/* The folder is the file's beginning. */
	return len == MEDIA_LEN && memcmp(name, MEDIA, 6) == 0 &&
	       name[8] == '/' && is_hex(name + 6, 2) && is_hex(name + 9, 32) &&
	       memcmp(name + 6, name + 9, 2) == 0;
}

int members_head(const char *name, uint64_t len, struct buf *ret,
		 struct err *err)
{
	if (!members_name(name, strlen(name)))
		return ERR_SET(err, ERR_INPUT, "no file of a backup", 0);
	if (buf_append_u8(ret, 1, err) != 0 ||
	    buf_append_u16(ret, (uint16_t)strlen(name), err) != 0 ||
	    buf_append_text(ret, name, err) != 0)
		return -1;
	return buf_append_u64(ret, len, err);
}

/* How long the head is, as far as it is known; 0: not yet. */
static size_t head_wants(const struct members *m)
{
	size_t name;

	if (m->head_len < FIXED)
		return 0;
	name = (size_t)m->head[1] << 8 | m->head[2];
	return name > MEMBER_NAME_MAX ? SIZE_MAX : FIXED + name + 8;
}

static int open_member(struct members *m, const struct members_sink *sink,
		       struct err *err)
{
	struct cut c = CUT(m->head + 1, m->head_len - 1);
	size_t len = cut_u16(&c);
	const uint8_t *name = cut_bytes(&c, len);
	char text[MEMBER_NAME_MAX + 1];

	m->left = cut_u64(&c);
	if (name == NULL || c.failed || !members_name((const char *)name, len))
		return ERR_SET(err, ERR_CORRUPT, "an unknown file in a backup",
			       0);
	memcpy(text, name, len);
	text[len] = '\0';
	m->open = true;
	m->head_len = 0;
	return sink->begin(sink->ctx, text, m->left, err);
}

static int feed_head(struct members *m, uint8_t byte,
		     const struct members_sink *sink, struct err *err)
{
	size_t wants;

	if (m->head_len == 0 && byte != 1) {
		m->over = byte == 0;
		return m->over ? 0
			       : ERR_SET(err, ERR_CORRUPT,
					 "an impossible backup", 0);
	}
	m->head[m->head_len++] = byte;
	wants = head_wants(m);
	if (wants == SIZE_MAX)
		return ERR_SET(err, ERR_CORRUPT, "an impossible backup", 0);
	return wants != m->head_len ? 0 : open_member(m, sink, err);
}

/* Also for a member without bytes. */
static int close_if_done(struct members *m, const struct members_sink *sink,
			 struct err *err)
{
	if (!m->open || m->left > 0)
		return 0;
	m->open = false;
	return sink->end(sink->ctx, err);
}

int members_feed(struct members *m, const uint8_t *bytes, size_t len,
		 const struct members_sink *sink, struct err *err)
{
	while (len > 0) {
		size_t n = 1;

		if (m->over)
			return ERR_SET(err, ERR_CORRUPT,
				       "bytes after the backup", 0);
		if (!m->open) {
			if (feed_head(m, bytes[0], sink, err) != 0)
				return -1;
		} else {
			n = m->left < len ? (size_t)m->left : len;
			if (sink->bytes(sink->ctx, bytes, n, err) != 0)
				return -1;
			m->left -= n;
		}
		if (close_if_done(m, sink, err) != 0)
			return -1;
		bytes += n;
		len -= n;
	}
	return 0;
}
