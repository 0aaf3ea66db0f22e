/* sheet_page.c - the copy to read: README_de.html and README_en.html. */
#include "making.h"
#include "postern/caldate.h"

#define WHEN_BYTES 48

/* A day as people write it. */
static int put_day(enum tongue tongue, int64_t day, char ret[WHEN_BYTES])
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr",
					     "May", "Jun", "Jul", "Aug",
					     "Sep", "Oct", "Nov", "Dec"};
	const struct caldate date = caldate_of(day);

	return tongue == TONGUE_DE
		   ? snprintf(ret, WHEN_BYTES, "%u.%u.%d", date.day, date.month,
			      date.year)
		   : snprintf(ret, WHEN_BYTES, "%u %s %d", date.day,
			      months[date.month - 1], date.year);
}

/* "2026-11-21T18:05:00Z" as the controller's clock showed it, "2026-12-01",
 * and whatever else as it is. */
static void when(const struct packaging *p, enum tongue tongue,
		 const char *instant, char ret[WHEN_BYTES])
{
	int64_t ms, day, minute;
	int n;

	if (caldate_parse(instant, &day)) {
		(void)put_day(tongue, day, ret);
		return;
	}
	if (!instant_parse(instant, &ms)) {
		(void)snprintf(ret, WHEN_BYTES, "%s", instant);
		return;
	}
	ms += (int64_t)zone_offset_s(p->w->zone, ms / 1000) * 1000;
	minute = ms % DAY_MS / 60000;
	n = put_day(tongue, ms / DAY_MS, ret);
	if (n > 0 && n < WHEN_BYTES)
		(void)snprintf(ret + n, WHEN_BYTES - (size_t)n, ", %02d:%02d%s",
			       (int)(minute / 60), (int)(minute % 60),
			       tongue == TONGUE_DE ? " Uhr" : "");
}

/* --- the page ------------------------------------------------------------- */

/* Channels the person was in touch over, and what the settings say of them. */
struct instance {
	struct render_instance instance;
	struct render_channel channels[SETTINGS_CHANNELS_MAX];
	struct name used[SETTINGS_CHANNELS_MAX];
	size_t used_len;
};

static void fill_instance(const struct packaging *p, struct instance *ret)
{
	const struct settings *s = p->w->settings;

	for (size_t i = 0; i < s->channels_len; i++) {
		const struct settings_channel *c = &s->channels[i];
		const struct settings_helpdesk *desk =
		    settings_route(s, &c->name);

		ret->channels[i] = (struct render_channel){
		    .name = c->name,
		    .type = c->type,
		    .role = c->provider.role,
		    .contract = c->provider.contract,
		    .mechanism = c->provider.mechanism,
		    .review = c->provider.review,
		};
		if (desk != NULL)
			ret->channels[i].helpdesk = desk->name;
	}
	ret->instance = (struct render_instance){
	    .controller = s->controller.name,
	    .contact = s->controller.contact,
	    .dpo = s->controller.dpo,
	    .land = s->controller.land,
	    .channels = ret->channels,
	    .channels_len = s->channels_len,
	};
	feed_channels(p->feed, ret->used, SETTINGS_CHANNELS_MAX,
		      &ret->used_len);
}

struct told {
	struct instance in;
	struct accesspage_head head;
	struct id_text person;
	char alias[ALIAS_BYTES], made[RFC3339_BYTES], shown[WHEN_BYTES];
};

/* NULL: no memory. */
static struct told *told_new(const struct packaging *p, enum tongue tongue)
{
	struct told *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	fill_instance(p, &t->in);
	id_alias(&p->w->mask, p->row.person, t->alias);
	id_format(&p->w->mask, ID_PERSON, p->row.person, &t->person);
	env_rfc3339(p->now_ms, t->made);
	when(p, tongue, t->made, t->shown);
	t->head = (struct accesspage_head){
	    .policy = p->w->policy,
	    .instance = &t->in.instance,
	    .channels = t->in.used,
	    .channels_len = t->in.used_len,
	    .alias = t->alias,
	    .person = t->person.text,
	    .made = t->shown,
	};
	return t;
}

static int begin(struct packaging *p, enum tongue tongue, struct err *err)
{
	struct told *t = told_new(p, tongue);
	int rc = -1;

	if (t == NULL)
		return ERR_SET(err, ERR_NOMEM, "a page", 0);
	if (accesspage_new(tongue, &p->out, &p->page, err) == 0) {
		accesspage_begin(p->page, &t->head);
		rc = accesspage_check(p->page, err);
	}
	free(t);
	return rc;
}

static int end(struct packaging *p, enum tongue tongue, struct err *err)
{
	struct told *t = told_new(p, tongue);
	int rc;

	if (t == NULL)
		return ERR_SET(err, ERR_NOMEM, "a page", 0);
	accesspage_end(p->page, &t->head);
	rc = accesspage_check(p->page, err);
	accesspage_free(&p->page);
	free(t);
	return rc;
}

static int begin_de(struct packaging *p, struct err *err)
{
	return begin(p, TONGUE_DE, err);
}

static int begin_en(struct packaging *p, struct err *err)
{
	return begin(p, TONGUE_EN, err);
}

static int section(struct packaging *p, enum feed_section which,
		   struct err *err)
{
	accesspage_section(p->page, feed_section_name(which));
	return accesspage_check(p->page, err);
}

static int section_end(struct packaging *p, enum feed_section which,
		       struct err *err)
{
	(void)which;
	accesspage_section_end(p->page);
	return accesspage_check(p->page, err);
}

static int end_de(struct packaging *p, struct err *err)
{
	return end(p, TONGUE_DE, err);
}

static int end_en(struct packaging *p, struct err *err)
{
	return end(p, TONGUE_EN, err);
}

/* --- records -------------------------------------------------------------- */

struct cell {
	const struct packaging *p;
	enum tongue tongue;
	const json_t *record;
	char when[WHEN_BYTES];
};

static const char *cell(void *ctx, const char *member)
{
	static const char *const written[] = {"text", "answer", "name",
					      "username", "address"};
	struct cell *c = ctx;
	const char *text = making_text(c->record, member);
	int64_t at;

	/* What somebody wrote stays as it is, even if it is a date. */
	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++)
		if (strcmp(written[i], member) == 0)
			return text;
	if (!instant_parse(text, &at) && !caldate_parse(text, &at))
		return text;
	when(c->p, c->tongue, text, c->when);
	return c->when;
}

static enum accesspage_side side_of(const json_t *record)
{
	const char *kind = making_text(record, "kind");

	if (strcmp(making_text(record, "direction"), "in") == 0)
		return ACCESSPAGE_YOU;
	return strcmp(kind, "notice") == 0 || strcmp(kind, "ask") == 0 ||
		       strcmp(kind, "reply") == 0
		   ? ACCESSPAGE_AUTOMATIC
		   : ACCESSPAGE_US;
}

static void take_files(const json_t *record, struct accesspage_message *ret)
{
	const json_t *file;
	size_t i;

	json_array_foreach(json_object_get(record, "attachments"), i, file)
	{
		if (ret->files_len == ACCESSPAGE_FILES_MAX)
			return;
		ret->files[ret->files_len++] = (struct accesspage_file){
		    .name = making_text(file, "name"),
		    .path = making_text(file, "path"),
		    .type = making_text(file, "type"),
		    .bytes = json_integer_value(json_object_get(file, "bytes")),
		};
	}
}

static void put_message(struct packaging *p, enum tongue tongue,
			const json_t *record)
{
	const json_t *text = json_object_get(record, "text");
	const json_t *kept = json_object_get(record, "kept");
	struct accesspage_message m = {
	    .side = side_of(record),
	    .id = making_text(record, "id"),
	    .kind = making_text(record, "kind"),
	    .state = making_text(record, "state"),
	    .target = making_text(record, "target"),
	    .text = json_string_value(text),
	    .text_len = json_string_length(text),
	    .emoji = json_string_value(json_object_get(record, "emoji")),
	    .content = making_text(record, "content_is"),
	    .restricted = json_is_true(json_object_get(record, "restricted")),
	    .masked = json_object_get(record, "masked") != NULL,
	    .kept = making_text(kept, "verdict"),
	    .until = making_text(kept, "until"),
	};
	char shown[WHEN_BYTES], until[WHEN_BYTES];

	when(p, tongue, making_text(record, "at"), shown);
	when(p, tongue, m.until, until);
	m.at = shown;
	m.until = until;
	take_files(record, &m);
	accesspage_message(p->page, making_text(record, "conversation"),
			   making_text(record, "channel"), &m);
}

static int put_record(struct packaging *p, enum tongue tongue,
		      enum feed_section which, const json_t *record,
		      struct err *err)
{
	struct cell c = {.p = p, .tongue = tongue, .record = record};

	if (which == FEED_MESSAGES)
		put_message(p, tongue, record);
	else
		accesspage_row(p->page, cell, &c);
	return accesspage_check(p->page, err);
}

static int record_de(struct packaging *p, enum feed_section which,
		     const json_t *record, struct err *err)
{
	return put_record(p, TONGUE_DE, which, record, err);
}

static int record_en(struct packaging *p, enum feed_section which,
		     const json_t *record, struct err *err)
{
	return put_record(p, TONGUE_EN, which, record, err);
}

const struct sheet sheet_page_de = {
    .path = "README_de.html",
    .begin = begin_de,
    .section = section,
    .record = record_de,
    .section_end = section_end,
    .end = end_de,
};
const struct sheet sheet_page_en = {
    .path = "README_en.html",
    .begin = begin_en,
    .section = section,
    .record = record_en,
    .section_end = section_end,
    .end = end_en,
};
