/* text_part.c - one file of text, made of a walk over what is known of the
 * person; the manifest hears of it on the way. */
#include "making.h"

static int sink_begin(void *ctx, enum feed_section section, struct err *err)
{
	struct packaging *p = ctx;
	const struct sheet *sheet = p->sheet;

	p->spoilt = true; /* until the slice is whole */
	return sheet->section != NULL ? sheet->section(p, section, err) : 0;
}

/* What the walk tells of, for the manifest; once is enough. */
static int note(struct packaging *p, enum feed_section section,
		const json_t *record, struct err *err)
{
	/* Of the others each record says it. */
	static const char *const of_section[FEED_SECTIONS] = {
	    [FEED_PERSON] = "CONTACT",	     [FEED_ADDRESSES] = "CONTACT",
	    [FEED_CONSENTS] = "CONSENT",     [FEED_NOTICES] = "NOTICE",
	    [FEED_LOOKUPS] = "STAFF_LOG",    [FEED_REQUESTS] = "REQUEST",
	    [FEED_SUPPRESSIONS] = "SUPPRESS"};
	const json_t *masked = json_object_get(record, "masked");

	if (p->listed)
		return 0;
	if (masked != NULL &&
	    manifest_redacted(p->manifest, feed_section_name(section),
			      making_text(record, "id"), masked, err) != 0)
		return -1;
	return manifest_saw(p->manifest,
			    of_section[section] != NULL
				? of_section[section]
				: making_text(record, "datenart"),
			    making_text(record, "basis"), err);
}

static int sink_record(void *ctx, enum feed_section section,
		       const json_t *record, struct err *err)
{
	struct packaging *p = ctx;

	p->spoilt = true;
	return note(p, section, record, err) != 0
		   ? -1
		   : p->sheet->record(p, section, record, err);
}

static int sink_end(void *ctx, enum feed_section section, struct err *err)
{
	struct packaging *p = ctx;
	const struct sheet *sheet = p->sheet;

	p->spoilt = true;
	return sheet->section_end != NULL ? sheet->section_end(p, section, err)
					  : 0;
}

static int begin_text(struct packaging *p, const struct sheet *sheet,
		      struct err *err)
{
	p->spoilt = true;
	feed_rewind(p->feed);
	if (zipout_begin(p->zip, sheet->path, -1, false, err) != 0 ||
	    (sheet->begin != NULL && sheet->begin(p, err) != 0))
		return -1;
	p->begun = true;
	p->spoilt = false;
	return 0;
}

static int end_text(struct packaging *p, const char *path, struct err *err)
{
	struct manifest_file told = {.path = path};
	uint8_t sha256[32];

	if (zipout_end(p->zip, sha256, &told.bytes, err) != 0)
		return -1;
	told.sha256 = sha256;
	return manifest_add(p->manifest, &told, err);
}

int text_part_step(struct packaging *p, bool *ret_done, struct err *err)
{
	const struct sheet *sheet = p->sheet;
	const struct feed_sink sink = {.begin = sink_begin,
				       .record = sink_record,
				       .end = sink_end,
				       .messages_only = sheet->messages_only};

	if (!p->begun)
		return begin_text(p, sheet, err);
	if (feed_step(p->feed, &sink, p, ret_done, err) != 0)
		return -1; /* spoilt only if something was handed out */
	p->spoilt = true;
	if ((*ret_done && sheet->end != NULL && sheet->end(p, err) != 0) ||
	    making_flush(p, err) != 0 ||
	    (*ret_done && end_text(p, sheet->path, err) != 0))
		return -1;
	if (*ret_done && !sheet->messages_only)
		p->listed = true;
	p->spoilt = false;
	return 0;
}
