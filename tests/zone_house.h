/* zone_house.h - time zones made of a footer or a list of changes, so that
 * tests do not depend on the zones of the machine. */
#ifndef POSTERN_TESTS_ZONE_HOUSE_H
#define POSTERN_TESTS_ZONE_HOUSE_H

#include <assert.h>
#include <string.h>

#include "postern/buf.h"
#include "postern/zone.h"

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

/* A change: from then on so far ahead of UTC. */
struct zone_change {
	int64_t at_s;
	int32_t offset_s;
};

static inline void zone_put_head(struct buf *b, uint32_t times, uint32_t types)
{
	static const uint8_t rest[15] = {0};

	(void)buf_append(b, "TZif2", 5, NULL);
	(void)buf_append(b, rest, sizeof(rest), NULL);
	(void)buf_append_u32(b, 0, NULL);
	(void)buf_append_u32(b, 0, NULL);
	(void)buf_append_u32(b, 0, NULL);
	(void)buf_append_u32(b, times, NULL);
	(void)buf_append_u32(b, types, NULL);
	(void)buf_append_u32(b, 4, NULL);
}

static inline void zone_put_type(struct buf *b, int32_t offset_s)
{
	(void)buf_append_u32(b, (uint32_t)offset_s, NULL);
	(void)buf_append_u16(b, 0, NULL);
}

/* The bytes: type 0 is first_s, each change has a type of its own. */
static inline struct buf zone_bytes(int32_t first_s,
				    const struct zone_change *changes,
				    uint32_t len, const char *footer)
{
	struct buf b = BUF_INIT(ZONE_FILE_MAX);

	zone_put_head(&b, 0, 1);
	zone_put_type(&b, 0);
	(void)buf_append(&b, "OLD", 4, NULL);
	zone_put_head(&b, len, len + 1);
	for (uint32_t i = 0; i < len; i++)
		(void)buf_append_u64(&b, (uint64_t)changes[i].at_s, NULL);
	for (uint32_t i = 0; i < len; i++)
		(void)buf_append_u8(&b, (uint8_t)(i + 1), NULL);
	zone_put_type(&b, first_s);
	for (uint32_t i = 0; i < len; i++)
		zone_put_type(&b, changes[i].offset_s);
	(void)buf_append(&b, "NEW", 4, NULL);
	(void)buf_append_text(&b, "\n", NULL);
	(void)buf_append_text(&b, footer, NULL);
	(void)buf_append_text(&b, "\n", NULL);
	return b;
}

/* NULL when the footer is refused. */
static inline struct zone *zone_made(int32_t first_s,
				     const struct zone_change *changes,
				     uint32_t len, const char *footer)
{
	struct buf b = zone_bytes(first_s, changes, len, footer);
	struct zone *z = NULL;

	(void)zone_parse(b.bytes, b.len, &z, NULL);
	buf_free(&b);
	return z;
}

static inline struct zone *zone_of(const char *footer)
{
	return zone_made(0, NULL, 0, footer);
}

#endif
